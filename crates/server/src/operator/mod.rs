//! What the operator of a data directory does beside serving it: forgetting leads, backups, and
//! restoring them. A running server is asked over its own routes; a stopped directory is opened.

mod access;
mod api_keys;
mod backup;
mod client;
mod erase;
mod key_files;
mod new_file;
mod restore;

pub(crate) use self::{
    access::Access,
    api_keys::{
        CreateArgs as CreateKeyArgs, ListArgs as ListKeysArgs, RevokeArgs as RevokeKeyArgs,
        RotateArgs as RotateKeyArgs, create as create_key, keys_of_running, list as list_keys,
        revoke as revoke_key, rotate as rotate_key,
    },
    backup::{BackupArgs, run as back_up},
    erase::{LeadCommand, run as lead},
    key_files::{
        KeysBackupArgs, KeysRestoreArgs, back_up as back_up_keys, restore as restore_keys,
    },
    restore::{RestoreArgs, run as restore},
};
