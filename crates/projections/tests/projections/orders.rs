//! Lists in every order, against a plain list that is sorted here.

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, OrganisationId, WorkflowId},
    lead::{HoldReason, LeadEvent, LeadStatus},
    time::Timestamp,
    workflow::{Settings, WorkflowEvent},
};
use branchline_projections::{
    CallFilter, CallSort, Held, LeadFilter, LeadRow, LeadSort, Order, PageStart, Paging,
    Projections, WorkflowFilter, WorkflowSort,
};

use crate::story::{
    ALL, ANN, BOB, CALL, FLOW, OTHER_FLOW, Story, WAIT, WON, concluded, enrolled, entered, ids,
    requested, started,
};

pub(crate) const ORDERS: [Order<LeadSort>; 6] = [
    Order { by: LeadSort::EnrolledAt, descending: false },
    Order { by: LeadSort::EnrolledAt, descending: true },
    Order { by: LeadSort::EnteredAt, descending: false },
    Order { by: LeadSort::EnteredAt, descending: true },
    Order { by: LeadSort::Status, descending: false },
    Order { by: LeadSort::Status, descending: true },
];

/// What leads are sorted by, as one reads it off a row; those that have none are last.
fn sorted_by(row: &LeadRow, by: LeadSort) -> (bool, i64) {
    match by {
        LeadSort::EnrolledAt => (false, 0),
        LeadSort::EnteredAt => (
            row.current_node_id.is_none(),
            row.entered_at
                .filter(|_| row.current_node_id.is_some())
                .map_or(0, Timestamp::as_micros),
        ),
        LeadSort::Status if row.removed => (false, 4),
        LeadSort::Status => (false, row.status as i64),
    }
}

/// The rows of a plain list, sorted.
fn sorted(plain: &[LeadRow], order: Order<LeadSort>) -> Vec<LeadId> {
    let mut rows: Vec<&LeadRow> = plain.iter().collect();
    if order.descending {
        rows.reverse();
    }
    rows.sort_by_key(|row| {
        let (without, value) = sorted_by(row, order.by);
        (without, if order.descending { -value } else { value })
    });
    rows.into_iter().map(|row| row.id).collect()
}

/// A list in some order has the rows of the plain list, sorted; its pages are its parts.
pub(crate) fn assert_order_agrees(
    read: &Projections,
    workflow: WorkflowId,
    filter: LeadFilter,
    order: Order<LeadSort>,
    plain: &[LeadRow],
) {
    let expected = sorted(plain, order);
    let all = read.ordered_leads(workflow, filter, order, ALL);
    assert_eq!(ids(&all, |row| row.id), expected, "{filter:?} {order:?}");
    let mut walked = Vec::new();
    let mut paging = Paging::first(2);
    loop {
        let page = read.ordered_leads(workflow, filter, order, paging);
        assert_eq!(page.total, expected.len() as u64, "{filter:?} {order:?}");
        walked.extend(ids(&page, |row| row.id));
        let Some(next) = page.next else { break };
        assert_eq!(next.to_string().parse(), Ok(next));
        paging.start = PageStart::After(next);
    }
    assert_eq!(walked, expected, "{filter:?} {order:?}");
    let second = Paging { start: PageStart::Page(2), limit: 2 };
    let second = ids(&read.ordered_leads(workflow, filter, order, second), |row| row.id);
    assert_eq!(second, expected.iter().copied().skip(2).take(2).collect::<Vec<_>>());
}

/// More leads than are sorted for a page, so that lists walk what is kept: held at a node, waiting,
/// ended, removed and pending, their arrivals in another order than their enrolments.
fn crowd() -> Story {
    const MANY: u128 = 10_200;
    let mut story = Story::of_an_active_workflow();
    let lead = |number: u128| LeadId::from_u128(0x1_0000 + number);
    for number in 0..2 * MANY + 900 {
        story.lead(lead(number), [enrolled()]);
    }
    let held = || LeadEvent::RoutingHeld { reason: HoldReason::NodeIncomplete };
    for number in (0..MANY).rev() {
        story.lead(lead(2 * number), [entered(1, CALL), held()]);
        story.lead(lead(2 * number + 1), [entered(1, WON), LeadEvent::LeadCompleted]);
    }
    for number in 2 * MANY..2 * MANY + 300 {
        story.lead(lead(number), [entered(1, WAIT)]);
    }
    for number in 2 * MANY + 200..2 * MANY + 400 {
        story.lead(lead(number), [LeadEvent::LeadRemoved]);
    }
    story
}

#[test]
fn a_crowd_is_sorted_like_a_few() {
    let story = crowd();
    let read = &story.read;
    let whole = read.leads(FLOW, LeadFilter::default(), ALL).items;
    let active = Some(LeadStatus::Active);
    for filter in [
        LeadFilter::default(),
        LeadFilter { removed: Some(false), ..Default::default() },
        LeadFilter { status: active, removed: Some(false), ..Default::default() },
        LeadFilter {
            status: Some(LeadStatus::Pending),
            removed: Some(false),
            ..Default::default()
        },
        LeadFilter { node: Some(CALL), ..Default::default() },
        LeadFilter { node: Some(WAIT), ..Default::default() },
        LeadFilter { held: Some(Held::Any), ..Default::default() },
        LeadFilter { held: Some(Held::Any), node: Some(CALL), status: active, removed: None },
    ] {
        let takes = |row: &&LeadRow| {
            filter.removed.is_none_or(|removed| row.removed == removed)
                && filter.status.is_none_or(|status| row.status == status)
                && filter.node.is_none_or(|node| row.current_node_id == Some(node))
                && filter.held.is_none_or(|_| row.hold.is_some())
        };
        let plain: Vec<LeadRow> = whole.iter().filter(takes).cloned().collect();
        for order in ORDERS {
            let expected = sorted(&plain, order);
            let mut paging = Paging { start: PageStart::Page(1), limit: 5_000 };
            let mut walked = Vec::new();
            loop {
                let page = read.ordered_leads(FLOW, filter, order, paging);
                assert_eq!(page.total, expected.len() as u64, "{filter:?} {order:?}");
                walked.extend(ids(&page, |row| row.id));
                let Some(next) = page.next else { break };
                paging.start = PageStart::After(next);
            }
            assert!(walked == expected, "{filter:?} {order:?}");
        }
    }
}

#[test]
fn a_cursor_stays_right_while_leads_move() {
    let mut story = Story::of_an_active_workflow();
    let lead = |number: u128| LeadId::from_u128(0x50 + number);
    for number in 0..6 {
        story.lead(lead(number), [enrolled(), entered(1, CALL)]);
    }
    let order = Order { by: LeadSort::EnteredAt, descending: false };
    let filter = LeadFilter { node: Some(CALL), ..LeadFilter::default() };
    let first = story.read.ordered_leads(FLOW, filter, order, Paging::first(2));
    assert_eq!(ids(&first, |row| row.id), [lead(0), lead(1)]);
    // The row that the cursor names goes elsewhere, one behind it too, and one comes anew.
    story.lead(lead(1), [entered(2, WAIT)]);
    story.lead(lead(3), [entered(2, WAIT)]);
    story.lead(lead(9), [enrolled(), entered(1, CALL)]);
    let rest = Paging { start: PageStart::After(first.next.unwrap()), limit: 9 };
    let rest = story.read.ordered_leads(FLOW, filter, order, rest);
    assert_eq!(ids(&rest, |row| row.id), [lead(2), lead(4), lead(5), lead(9)]);
}

fn titled(story: &mut Story, number: u128, title: &str) -> WorkflowId {
    let id = WorkflowId::from_u128(0x900 + number);
    story.creates(id, Settings::default());
    rename(story, id, title);
    id
}

fn rename(story: &mut Story, id: WorkflowId, title: &str) {
    let (title, description) = (title.to_owned(), String::new());
    story.workflow(id, [WorkflowEvent::WorkflowRenamed { title, description }]);
}

#[test]
fn workflows_are_sorted_by_title_in_pages_that_a_new_title_does_not_tear() {
    let mut story = Story::default();
    let spring_b = titled(&mut story, 1, "Spring campaign b");
    let autumn = titled(&mut story, 2, "autumn");
    let spring_a = titled(&mut story, 3, "spring campaign A");
    let winter = titled(&mut story, 4, "Winter");
    let list = |story: &Story, by, descending, paging| {
        let order = Order { by, descending };
        story
            .read
            .ordered_workflows(WorkflowFilter::default(), order, paging)
            .map(|page| (page.items.iter().map(|row| row.id).collect::<Vec<_>>(), page.next))
    };
    let by_title = WorkflowSort::Title;
    let (all, _) = list(&story, by_title, false, ALL).unwrap();
    assert_eq!(all, [autumn, spring_a, spring_b, winter]);
    let (back, _) = list(&story, by_title, true, ALL).unwrap();
    assert_eq!(back, [winter, spring_b, spring_a, autumn]);

    let (page, next) = list(&story, by_title, false, Paging::first(2)).unwrap();
    assert_eq!(page, [autumn, spring_a]);
    let rest = Paging { start: PageStart::After(next.unwrap()), limit: 9 };
    assert_eq!(list(&story, by_title, false, rest).unwrap().0, [spring_b, winter]);
    // Of a renamed one only the beginning is known: what begins alike comes again, none is missed.
    rename(&mut story, spring_a, "Zephyr");
    assert_eq!(list(&story, by_title, false, rest).unwrap().0, [spring_b, winter, spring_a]);
    let (newest, _) = list(&story, WorkflowSort::UpdatedAt, true, Paging::first(1)).unwrap();
    assert_eq!(newest, [spring_a]);
    let (oldest, _) = list(&story, WorkflowSort::CreatedAt, true, ALL).unwrap();
    assert_eq!(oldest, [winter, spring_a, autumn, spring_b]);
}

#[test]
fn calls_are_sorted_by_their_end_and_open_ones_are_last() {
    let mut story = Story::of_an_active_workflow();
    story.creates(OTHER_FLOW, Settings::default());
    let late = LeadId::from_u128(0x77);
    for lead in [ANN, BOB, late] {
        story.lead(lead, [enrolled(), entered(1, CALL), requested(1), started(1)]);
    }
    story.lead(BOB, [concluded(1, CallStatus::Busy)]);
    story.lead(ANN, [concluded(1, CallStatus::Completed)]);
    let list = |by, descending, limit| {
        let order = Order { by, descending };
        let filter =
            CallFilter { organisation: Some(OrganisationId::DEFAULT), ..CallFilter::default() };
        let mut paging = Paging::first(limit);
        let mut walked = Vec::new();
        loop {
            let page = story.read.ordered_calls(filter, order, paging).unwrap();
            assert_eq!(page.total, 3);
            walked.extend(ids(&page, |row| row.id.lead));
            let Some(next) = page.next else { return walked };
            paging.start = PageStart::After(next);
        }
    };
    for limit in [1, 2, 9] {
        assert_eq!(list(CallSort::EndedAt, false, limit), [BOB, ANN, late]);
        assert_eq!(list(CallSort::EndedAt, true, limit), [ANN, BOB, late]);
        assert_eq!(list(CallSort::CreatedAt, true, limit), [late, BOB, ANN]);
        assert_eq!(list(CallSort::Status, false, limit), [late, ANN, BOB]);
    }
}
