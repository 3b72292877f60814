//! The look of the HTML parts: inks and the declarations that stand in `style` attributes.
//!
//! Some mail programs drop style sheets (Gmail for addresses elsewhere, Proton drops classes), so that what must hold is
//! written on each element: the column, fonts, inks, the colour of links. It is written by hand here, not inlined by a crate:
//! there are a dozen of them, the templates are then what is sent, and nothing has to parse them again. What is only nicer
//! so (a smaller line, a tag's frame, the space between items) stands once in the sheet of `email/head.html`: repeated on
//! every line it took half of an edition's bytes. Without the sheet lines stand closer or wider and all in one ink.

use serde::Serialize;

/// Declarations by role; templates write `style="{{ edition.style.item }}"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Style {
    pub page: &'static str,
    pub card: &'static str,
    pub cell: &'static str,
    pub masthead: &'static str,
    pub heading: &'static str,
    pub picture: &'static str,
    pub link: &'static str,
    pub footer: &'static str,
    /// Over the footer's first line.
    pub rule: &'static str,
    pub preheader: &'static str,
}

pub const STYLE: Style = Style {
    page: "margin:0;padding:0;background-color:#f2f1ed;",
    card: "width:100%;max-width:600px;background-color:#fdfdfc;",
    cell: "padding:14px 32px 6px 32px;font-family:Georgia,Times,serif;font-size:16px;line-height:1.5;color:#22252a;word-break:break-word;",
    masthead: "margin:0 0 6px 0;font-size:27px;line-height:1.2;color:#191b1f;",
    heading: "margin:0 0 10px 0;padding-bottom:4px;border-bottom:2px solid #3d4a63;font-size:19px;line-height:1.3;color:#191b1f;",
    picture: "border:0;width:100%;max-width:420px;height:auto;",
    link: "color:#3d4a63;",
    footer: "padding:16px 32px 28px 32px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:1.5;color:#5a5f67;word-break:break-word;",
    rule: "padding-top:14px;border-top:1px solid #d9d7d2;",
    preheader: "display:none;font-size:1px;line-height:1px;max-height:0;overflow:hidden;",
};
