//! Shapes and words on a small sheet, and the sheet as a PNG.
//!
//! Lengths are in points of the page that shows the picture; the picture has [`PIXELS_PER_POINT`] times as many pixels, so
//! that it is crisp on a dense screen. A sheet has its own paper and edge: a mail program may put it on white or on black.

use std::collections::{BTreeMap, HashMap};

use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform};
use ttf_parser::{Face, OutlineBuilder};

/// Pixels of the picture to one point of the page.
pub const PIXELS_PER_POINT: u32 = 2;

/// Red, green, blue.
pub type Ink = [u8; 3];

pub const PAPER: Ink = [0xfb, 0xfa, 0xf7];
pub const EDGE: Ink = [0x8c, 0x91, 0x99];
pub const INK: Ink = [0x1d, 0x21, 0x27];
pub const DIM: Ink = [0x55, 0x5b, 0x64];

/// A palette has no more entries than this: PNG, "indexed colour".
const PALETTE_MAX: usize = 256;

static REGULAR: &[u8] = include_bytes!("../../../config/font/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../../config/font/NotoSans-Bold.ttf");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

/// Where a text stands relative to its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How words are written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Height of the em square, in points.
    pub size: f32,
    pub weight: Weight,
    pub ink: Ink,
    pub anchor: Anchor,
}

/// A finished picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Png {
    pub bytes: Vec<u8>,
    /// In points of the page.
    pub width: u32,
    pub height: u32,
}

pub struct Canvas {
    pixels: Pixmap,
    width: u32,
    height: u32,
    scale: Transform,
}

fn paint(ink: Ink) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(ink[0], ink[1], ink[2], 255);
    paint
}

fn face(weight: Weight) -> Option<Face<'static>> {
    let bytes = match weight {
        Weight::Regular => REGULAR,
        Weight::Bold => BOLD,
    };
    Face::parse(bytes, 0).ok()
}

/// Whether the font has every letter: what it lacks is not drawn as boxes but told in words beside the picture.
pub fn can_write(text: &str) -> bool {
    !text.is_empty() && face(Weight::Regular).is_some_and(|face| text.chars().all(|c| face.glyph_index(c).is_some()))
}

/// How wide a text is, in points.
pub fn width_of(text: &str, size: f32, weight: Weight) -> f32 {
    let Some(face) = face(weight) else { return 0.0 };
    let units: u32 = text.chars().map(|c| advance(&face, c)).sum();
    size * units as f32 / f32::from(face.units_per_em())
}

fn advance(face: &Face, c: char) -> u32 {
    face.glyph_index(c).and_then(|glyph| face.glyph_hor_advance(glyph)).map_or(0, u32::from)
}

impl Canvas {
    /// An empty sheet; `None` when it has no area or too much.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let mut pixels = Pixmap::new(width.checked_mul(PIXELS_PER_POINT)?, height.checked_mul(PIXELS_PER_POINT)?)?;
        pixels.fill(Color::from_rgba8(PAPER[0], PAPER[1], PAPER[2], 255));
        let scale = Transform::from_scale(PIXELS_PER_POINT as f32, PIXELS_PER_POINT as f32);
        Some(Self { pixels, width, height, scale })
    }

    pub fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            self.pixels.fill_rect(rect, &paint(ink), self.scale, None);
        }
    }

    /// Fills closed rings, by the even-odd rule.
    pub fn fill<'r>(&mut self, rings: impl Iterator<Item = &'r [(f32, f32)]>, ink: Ink) {
        let mut path = PathBuilder::new();
        for ring in rings {
            trace(&mut path, ring);
            path.close();
        }
        if let Some(path) = path.finish() {
            self.pixels.fill_path(&path, &paint(ink), FillRule::EvenOdd, self.scale, None);
        }
    }

    /// A line through points; `dash` gives the lengths of marks and gaps, in points.
    pub fn line(&mut self, points: &[(f32, f32)], ink: Ink, width: f32, dash: Option<(f32, f32)>) {
        let mut path = PathBuilder::new();
        trace(&mut path, points);
        let stroke = Stroke {
            width,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            dash: dash.and_then(|(mark, gap)| StrokeDash::new(vec![mark, gap], 0.0)),
            ..Stroke::default()
        };
        if let Some(path) = path.finish() {
            self.pixels.stroke_path(&path, &paint(ink), &stroke, self.scale, None);
        }
    }

    /// A dot with a ring around it that keeps it apart from what lies below.
    pub fn dot(&mut self, x: f32, y: f32, radius: f32, ink: Ink, ring: Ink) {
        for (radius, ink) in [(radius + 1.5, ring), (radius, ink)] {
            if let Some(path) = PathBuilder::from_circle(x, y, radius) {
                self.pixels.fill_path(&path, &paint(ink), FillRule::Winding, self.scale, None);
            }
        }
    }

    /// Writes a text with its base line at `y`. Letters that the font lacks leave no mark.
    pub fn text(&mut self, text: &str, x: f32, y: f32, style: Style) {
        if let Some(path) = outline(text, x, y, style) {
            self.pixels.fill_path(&path, &paint(style.ink), FillRule::Winding, self.scale, None);
        }
    }

    /// Writes a text with a rim of another ink, to be read on anything.
    pub fn text_with_rim(&mut self, text: &str, x: f32, y: f32, style: Style, rim: Ink) {
        if let Some(path) = outline(text, x, y, style) {
            let stroke = Stroke { width: 3.0, line_join: LineJoin::Round, ..Stroke::default() };
            self.pixels.stroke_path(&path, &paint(rim), &stroke, self.scale, None);
        }
        self.text(text, x, y, style);
    }

    /// The sheet with its edge.
    pub fn finish(mut self) -> Option<Png> {
        let (width, height) = (self.width as f32, self.height as f32);
        let edge = [(0.5, 0.5), (width - 0.5, 0.5), (width - 0.5, height - 0.5), (0.5, height - 0.5), (0.5, 0.0)];
        self.line(&edge, EDGE, 1.0, None);
        Some(Png { bytes: encode(&self.pixels)?, width: self.width, height: self.height })
    }
}

fn trace(path: &mut PathBuilder, points: &[(f32, f32)]) {
    for (index, &(x, y)) in points.iter().enumerate() {
        if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
}

fn outline(text: &str, x: f32, y: f32, style: Style) -> Option<tiny_skia::Path> {
    let face = face(style.weight)?;
    let scale = style.size / f32::from(face.units_per_em());
    let width = width_of(text, style.size, style.weight);
    let start = match style.anchor {
        Anchor::Start => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::End => x - width,
    };
    let mut pen = Pen { path: PathBuilder::new(), x: start, y, scale };
    for c in text.chars() {
        if let Some(glyph) = face.glyph_index(c) {
            face.outline_glyph(glyph, &mut pen);
        }
        pen.x += scale * advance(&face, c) as f32;
    }
    pen.path.finish()
}

/// Takes a glyph's outline, in units of the font with y upwards, onto the sheet.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

/// Indexed colour: a picture of a few inks and their blends takes a quarter of the bytes of true colour. Blends are rounded
/// as coarsely as it takes to fit a palette.
fn encode(pixels: &Pixmap) -> Option<Vec<u8>> {
    let (palette, indices) = (0..=7).find_map(|bits| index(pixels, bits))?;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(png::Compression::High);
    // Filters are for gradients; indices have none.
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&indices).ok()?;
    writer.finish().ok()?;
    Some(out)
}

/// Each pixel as an index into a palette of colours without their lowest `bits`; `None` when there are too many.
///
/// A palette entry is the first exact colour that falls into it, so that the inks themselves stay exact where they come
/// first or are most common.
fn index(pixels: &Pixmap, bits: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut counts: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    for pixel in pixels.pixels() {
        *counts.entry([pixel.red(), pixel.green(), pixel.blue()]).or_default() += 1;
    }
    let coarse = |colour: [u8; 3]| colour.map(|channel| channel >> bits);
    let mut common: Vec<([u8; 3], u32)> = counts.into_iter().collect();
    common.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
    let mut palette = Vec::new();
    let mut places: HashMap<[u8; 3], u8> = HashMap::new();
    for (colour, _) in common {
        if !places.contains_key(&coarse(colour)) {
            places.insert(coarse(colour), u8::try_from(places.len()).ok().filter(|_| places.len() < PALETTE_MAX)?);
            palette.extend_from_slice(&colour);
        }
    }
    let place = |pixel: &tiny_skia::PremultipliedColorU8| {
        places.get(&coarse([pixel.red(), pixel.green(), pixel.blue()])).copied().unwrap_or_default()
    };
    Some((palette, pixels.pixels().iter().map(place).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_font_lacks_is_known_before_it_is_written() {
        assert!(can_write("Mykolaiv, Донецьк, Şırnak, Łódź"));
        assert!(!can_write("غزة"));
        assert!(!can_write("東京"));
        assert!(!can_write(""));
    }

    #[test]
    fn the_same_sheet_is_the_same_bytes_and_reads_back() {
        let draw = || {
            let mut canvas = Canvas::new(100, 40).unwrap();
            let style = Style { size: 14.0, weight: Weight::Bold, ink: INK, anchor: Anchor::Middle };
            canvas.text_with_rim("Sumy 101", 50.0, 25.0, style, PAPER);
            canvas.finish().unwrap()
        };
        let png = draw();
        assert_eq!(png, draw());
        let mut reader = png::Decoder::new(std::io::Cursor::new(&png.bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (200, 80));
    }

    #[test]
    fn a_sheet_without_area_is_none() {
        assert!(Canvas::new(0, 10).is_none());
        assert!(Canvas::new(u32::MAX, 10).is_none());
    }
}
