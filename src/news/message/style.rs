//! The look of the HTML parts: inks and the declarations that stand in `style` attributes.
//!
//! Mail programs drop style sheets, so that what must hold is written on each element. It is written by hand here, not inlined
//! by a crate: there are a dozen of them, the templates are then what is sent, and nothing has to parse them again.
//! What needs no repeating is inherited from the cell. Values that a test reads, as colours do, are the constants below.

use serde::Serialize;

/// Declarations by role; templates write `style="{{ edition.style.item }}"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Style {
    pub page: &'static str,
    pub card: &'static str,
    pub cell: &'static str,
    pub masthead: &'static str,
    pub heading: &'static str,
    pub item: &'static str,
    pub paragraph: &'static str,
    pub minor: &'static str,
    pub dim: &'static str,
    pub tag: &'static str,
    pub cite: &'static str,
    pub picture: &'static str,
    pub caption: &'static str,
    pub note: &'static str,
    pub link: &'static str,
    pub footer: &'static str,
    pub preheader: &'static str,
}

pub const STYLE: Style = Style {
    page: "margin:0;padding:0;background-color:#f2f1ed;",
    card: "width:600px;max-width:600px;background-color:#fdfdfc;",
    cell: "padding:14px 32px 6px 32px;font-family:Georgia,Times,serif;font-size:16px;line-height:1.5;color:#22252a;word-break:break-word;",
    masthead: "margin:0 0 6px 0;font-size:27px;line-height:1.2;color:#191b1f;",
    heading: "margin:0 0 10px 0;padding-bottom:4px;border-bottom:2px solid #3d4a63;font-size:19px;line-height:1.3;color:#191b1f;",
    item: "margin:14px 0 2px 0;font-size:16px;line-height:1.4;color:#191b1f;",
    paragraph: "margin:0 0 2px 0;",
    minor: "margin:0 0 2px 0;padding-left:14px;font-size:14px;color:#5a5f67;",
    dim: "font-size:14px;color:#5a5f67;",
    tag: "font-family:Arial,Helvetica,sans-serif;font-size:12px;font-weight:normal;color:#3d4a63;border:1px solid #7d8592;padding:0 5px;",
    cite: "font-size:13px;color:#3d4a63;text-decoration:none;",
    picture: "border:0;width:100%;max-width:536px;height:auto;",
    caption: "margin:2px 0 12px 0;font-size:14px;line-height:1.4;color:#5a5f67;",
    note: "margin:0 0 10px 0;font-size:14px;line-height:1.45;",
    link: "color:#3d4a63;",
    footer: "padding:16px 32px 28px 32px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:1.5;color:#5a5f67;word-break:break-word;",
    preheader: "display:none;font-size:1px;line-height:1px;max-height:0;overflow:hidden;",
};
