//! The routes of the operator: the journal as evidence, the keys, and erasure. Source: CONTRACT.md 9.
//!
//! None is answered without the token, which lies in a file that only the server's user can read:
//! who may read the data directory may ask, and nobody else. A page in a browser cannot know it.
//!
//! What is long is made on a thread that may block, and waits for whoever reads it: an answer of
//! gigabytes takes some hundred kilobytes of memory. It ends when the reader goes away, and breaks
//! off, so that nobody takes it for whole, when the server stops or the journal cannot be read.

mod access;
pub(crate) mod erasure;
pub(crate) mod export;
pub(crate) mod keys;
pub(crate) mod organisations;
pub(crate) mod proofs;
pub(crate) mod records;

use std::{
    fmt,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use actix_web::{
    HttpRequest,
    http::header::HeaderName,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use branchline_evidence::head::SignedHead;
use branchline_journal::merkle::TreeHead;
use branchline_journal::store::EventStore;

pub use self::access::AdminToken;
pub use crate::api_keys::document as api_key_document;
use crate::{
    access::needs::Access,
    headers::state,
    problem::Problem,
    routes::{Line, lines, register},
};

/// How many records the journal had when an answer began.
const HEAD: HeaderName = HeaderName::from_static("branchline-head");

/// Writes the backup of all keys.
pub type WriteKeys = dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync;

/// Signs heads of the journal.
pub type SignHead = dyn Fn(TreeHead) -> SignedHead + Send + Sync;

/// What the routes of the operator work with. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    /// What a request must bring.
    pub token: AdminToken,
    /// The file that the token lies in, for those who came without it.
    pub token_file: Arc<Path>,
    /// The journal. It is only read.
    pub store: Arc<dyn EventStore>,
    /// The keys.
    pub keys: Arc<WriteKeys>,
    /// Signs heads; without it they are told unsigned.
    pub sign: Option<Arc<SignHead>>,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("token_file", &self.token_file).finish_non_exhaustive()
    }
}

pub(crate) const ROUTES: &[Line] = lines![
    get "/v1/admin/records" => records::records, Access::Operator;
    get "/v1/admin/export" => export::export, Access::Operator;
    get "/v1/admin/head" => proofs::head, Access::Operator;
    post "/v1/admin/leads/{lead}/erase" => erasure::erase, Access::Operator;
    get "/v1/admin/leads/{lead}/dossier" => proofs::dossier, Access::Operator;
    get "/v1/admin/consistency" => proofs::consistency, Access::Operator;
    get "/v1/admin/keys" => keys::keys, Access::Operator;
    get "/v1/admin/organisations" => organisations::list, Access::Operator;
    post "/v1/admin/organisations" => organisations::create, Access::Operator;
    get "/v1/admin/organisations/{organisation}/keys" => organisations::keys, Access::Operator;
    post "/v1/admin/organisations/{organisation}/keys" => organisations::create_key, Access::Operator;
    patch "/v1/admin/organisations/{organisation}/keys/{key}" => organisations::edit_key, Access::Operator;
    delete "/v1/admin/organisations/{organisation}/keys/{key}" => organisations::revoke_key, Access::Operator;
    post "/v1/admin/organisations/{organisation}/keys/{key}/rotate" => organisations::rotate_key, Access::Operator;
];

/// The routes, under `/v1`. Without [`crate::ApiState::with_admin`] there are none.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/admin")
            .wrap(from_fn(access::guard))
            .configure(|config| register(config, "/v1/admin", ROUTES))
            .default_service(web::route().to(crate::routes::no_route)),
    );
}

/// What the routes work with.
///
/// # Errors
///
/// 404 in a program that offers none of them.
fn admin(request: &HttpRequest) -> Result<&Admin, Problem> {
    let admin = state(request)?.admin.as_ref();
    admin.ok_or_else(Problem::no_route)
}
