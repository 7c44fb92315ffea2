//! Parts that all pages for people share: the frame, the two languages, the assets, the headers.

mod assets;
mod headers;
mod language;
mod layout;
mod local;
mod settings;

pub(crate) use assets::{handle as asset, url as asset_url};
pub(crate) use headers::{page, photo};
pub(crate) use language::Language;
pub(crate) use layout::{Frame, frame};
pub(crate) use local::is_addressed_locally;
pub use settings::{PagesSettings, Shown};
