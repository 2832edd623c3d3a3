//! The campaign as tables and statements: the same outcomes, the same events, one commit a transition.

/// Connections that work at once: as many as the campaign has reports in flight by default.
const CONNECTIONS: u32 = 64;

/// Events that a transition records, see [`schema`].
const EVENTS: u64 = 3;

/// Transitions of a lead.
const CALLS: u64 = 2;

/// How a transition is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As people write it by hand: lock the row, decide in the program, update, insert, commit.
    App,
    /// One statement that moves the lead, inserts the events and returns the branch.
    Cte,
}

/// How the leads are shared out among the connections: nobody waits for another one's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) connections: u32,
    leads_each: u32,
}

impl Share {
    /// Of at least this many leads.
    pub(super) fn of(leads: u32) -> Self {
        let connections = leads.clamp(1, CONNECTIONS);
        Self { connections, leads_each: leads.div_ceil(connections).max(1) }
    }

    pub(super) fn leads(self) -> u64 {
        u64::from(self.connections) * u64::from(self.leads_each)
    }

    /// Transitions of one connection.
    pub(super) fn transitions_each(self) -> u64 {
        u64::from(self.leads_each) * CALLS
    }

    pub(super) fn transitions(self) -> u64 {
        self.leads() * CALLS
    }

    pub(super) fn events(self) -> u64 {
        self.transitions() * EVENTS
    }

    /// What the script reads of it, and where each connection begins.
    pub(super) fn variables(self) -> [String; 2] {
        [format!("leads_each={}", self.leads_each), "done=0".to_owned()]
    }
}

/// Leads in all, leads at their end, events.
pub(super) const COUNT: &str = "select (select count(*) from lead), \
    (select count(*) from lead where node in (3, 4) and visit = 3 and version = 6), \
    (select count(*) from event)";

/// Fresh tables. Nodes: 1 and 2 are calls, 3 is converted, 4 is dropped. Branches: 1 `COMPLETED`, 2
/// `DNP`, 3 `FAILED`. Events: 1 call concluded, 2 branch taken, 3 node entered.
pub(super) fn schema(share: Share) -> Vec<String> {
    let leads = share.leads();
    [
        "drop table if exists lead, event, edge",
        "create table edge (node smallint, branch smallint, to_node smallint not null, \
         primary key (node, branch))",
        "insert into edge values (1, 1, 2), (1, 2, 2), (1, 3, 2), (2, 1, 3), (2, 2, 4), (2, 3, 4)",
        // Room for the next version on the same page: no index is touched by an update.
        "create table lead (id int primary key, node smallint not null, visit smallint not null, \
         version int not null, updated_at timestamptz not null default now()) \
         with (fillfactor = 50)",
        "create table event (lead int, version int, type smallint not null, node smallint not null, \
         branch smallint not null, at timestamptz not null default now(), \
         primary key (lead, version))",
        &format!("insert into lead select id, 1, 1, 0 from generate_series(1, {leads}) id"),
        "vacuum analyze lead",
        "analyze edge",
        "checkpoint",
    ]
    .map(str::to_owned)
    .into()
}

/// The next transition of this connection: call 1 and then call 2 of each of its leads. Outcomes are
/// drawn 50, 30 and 20 of a hundred, and routed to a branch before PostgreSQL is asked.
const NEXT: &str = r"\set lead :client_id * :leads_each + :done / 2 + 1
\set visit 1 + :done % 2
\set done :done + 1
\set drawn random(1, 10)
\set branch case when :drawn <= 5 then 1 when :drawn <= 8 then 2 else 3 end
";

const APP: &str = r"begin;
select node, visit, version from lead where id = :lead for update \gset
\set to_node case when :node = 1 then 2 when :branch = 1 then 3 else 4 end
update lead set node = :to_node, visit = :visit + 1, version = :version + 3, updated_at = now() where id = :lead;
insert into event (lead, version, type, node, branch) values (:lead, :version + 1, 1, :node, :branch), (:lead, :version + 2, 2, :node, :branch), (:lead, :version + 3, 3, :to_node, :branch);
commit;
";

const CTE: &str = r"with moved as (
  update lead set node = edge.to_node, visit = lead.visit + 1, version = lead.version + 3, updated_at = now()
  from edge
  where lead.id = :lead and lead.visit = :visit and edge.node = lead.node and edge.branch = :branch
  returning lead.id, lead.version - 3 as version, edge.node as from_node, edge.to_node, edge.branch
), recorded as (
  insert into event (lead, version, type, node, branch)
  select moved.id, moved.version + step.type, step.type, case when step.type = 3 then moved.to_node else moved.from_node end, moved.branch
  from moved cross join (values (1), (2), (3)) as step (type)
)
select branch from moved;
";

impl Style {
    /// The transaction for pgbench.
    pub(super) fn script(self) -> String {
        let transaction = match self {
            Self::App => APP,
            Self::Cte => CTE,
        };
        format!("{NEXT}{transaction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_has_as_many_leads_and_none_is_left_out() {
        let share = Share::of(10_000);
        assert_eq!((share.connections, share.leads_each), (64, 157));
        assert_eq!((share.leads(), share.transitions(), share.events()), (10_048, 20_096, 60_288));
        assert_eq!(share.transitions_each() * u64::from(share.connections), share.transitions());
        let few = Share::of(3);
        assert_eq!((few.connections, few.leads()), (3, 3));
        assert_eq!(Share::of(0).leads(), 1);
    }

    #[test]
    fn one_style_is_one_statement_and_the_other_a_transaction() {
        let statements = |style: Style| {
            let script = style.script();
            script.lines().filter(|line| line.ends_with(';') || line.ends_with(r"\gset")).count()
        };
        assert_eq!(statements(Style::Cte), 1);
        assert_eq!(statements(Style::App), 5);
    }

    #[test]
    fn every_variable_of_a_script_is_set_before_it_is_read() {
        for style in [Style::App, Style::Cte] {
            let mut known: Vec<String> = Share::of(64)
                .variables()
                .iter()
                .filter_map(|one| Some(one.split_once('=')?.0.to_owned()))
                .chain(["client_id".to_owned()])
                .collect();
            for line in style.script().lines() {
                for name in line.split(':').skip(1) {
                    let end =
                        name.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
                    let name = &name[..end.unwrap_or(name.len())];
                    assert!(known.iter().any(|one| one == name), "{style:?}: {name} in {line}");
                }
                if let Some(set) = line.strip_prefix(r"\set ") {
                    known.extend(set.split(' ').next().map(str::to_owned));
                }
                if let Some(columns) = line.strip_suffix(r"\gset") {
                    let columns =
                        columns.trim_start_matches("select ").split(" from ").next().unwrap();
                    known.extend(columns.split(", ").map(str::to_owned));
                }
            }
        }
    }
}
