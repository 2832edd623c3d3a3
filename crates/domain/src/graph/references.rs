//! Names of nodes inside configs. Source: CONTRACT.md 5, `application.<node>.<field>`.

use super::NodeConfig;

impl NodeConfig {
    /// Gives every node that this config speaks of the name that `rename` has for it; a name it has
    /// nothing for stays. A copy, and a file with names of its own, need that.
    pub fn rename_nodes(&mut self, rename: impl Fn(&str) -> Option<String>) {
        let Self::Conditional(conditional) = self else { return };
        let fields = conditional
            .conditions
            .iter_mut()
            .filter_map(|condition| condition.field.as_mut())
            .chain(conditional.condition_field.as_mut());
        for field in fields {
            let Some((node, rest)) =
                field.strip_prefix("application.").and_then(|path| path.split_once('.'))
            else {
                continue;
            };
            if let Some(name) = rename(node) {
                *field = format!("application.{name}.{rest}");
            }
        }
    }
}
