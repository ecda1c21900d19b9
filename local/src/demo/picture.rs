//! Pictures: shapes in colours that the prompt decides, and its words on them.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::mono_font::iso_8859_1::{FONT_6X10, FONT_10X20};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Circle, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Baseline, Text};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use super::SOFTWARE;

/// The size of a picture that none is said of.
pub(super) const DEFAULT: Size = Size::new(1024, 1024);
/// The least and the most pixels of a side.
const SIDES: std::ops::RangeInclusive<u32> = 128..=2048;

/// What the file says of itself.
const COMMENT: &str =
    "Made by the demo provider of Agent Assets: shapes and the prompt's words, by no model";
/// What the picture says of itself.
const SMALL_PRINT: &str = "demo \u{b7} Agent Assets";

const DARK: Rgb888 = Rgb888::new(16, 18, 28);

/// The size that a text such as `1024x768` names.
pub(super) fn size(text: &str) -> Result<Size, String> {
    let sides = text.split_once('x').and_then(|(width, height)| {
        let side = |text: &str| text.parse().ok().filter(|side| SIDES.contains(side));
        Some(Size::new(side(width)?, side(height)?))
    });
    let (least, most) = (SIDES.start(), SIDES.end());
    sides.ok_or_else(|| {
        format!("size: expected a width and a height of {least} to {most}, such as 1024x1024")
    })
}

/// The PNG of a prompt: the same for the same prompt and seed.
pub(super) fn draw(prompt: &str, seed: u64, size: Size) -> Result<Vec<u8>, EncodingError> {
    let mut canvas = Canvas::new(size);
    let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(prompt).finalize();
    scene(&mut canvas, &mut StdRng::from_seed(digest.into()));
    words(&mut canvas, prompt);
    small_print(&mut canvas);
    canvas.encode(prompt)
}

/// Draws a sky from one colour to another, and some shapes on it.
fn scene(canvas: &mut Canvas, dice: &mut StdRng) {
    let Size { width, height } = canvas.size;
    let [above, below] = [(); 2].map(|()| colour(dice));
    for y in 0..height {
        let mixed = |above: u8, below: u8| {
            let sum = u32::from(above) * (height - y) + u32::from(below) * y;
            u8::try_from(sum / height).unwrap_or(u8::MAX)
        };
        let (r, g) = (mixed(above.r(), below.r()), mixed(above.g(), below.g()));
        let line = Rectangle::new(Point::new(0, y.cast_signed()), Size::new(width, 1));
        canvas.fill(&line, Rgb888::new(r, g, mixed(above.b(), below.b())));
    }
    let least = width.min(height);
    for _ in 0..dice.random_range(6..=10) {
        let (x, y) = (dice.random_range(0..width), dice.random_range(0..height));
        let center = Point::new(x.cast_signed(), y.cast_signed());
        let (colour, side) = (colour(dice), dice.random_range(least / 10..=least / 3));
        let filled = PrimitiveStyle::with_fill(colour);
        // Of the crate's other shapes, some count beyond their numbers at such sizes.
        let Ok(()) = match dice.random_range(0..3) {
            0 => Circle::with_center(center, side).into_styled(filled).draw(canvas),
            1 => {
                let ring = PrimitiveStyle::with_stroke(colour, side / 8);
                Circle::with_center(center, side).into_styled(ring).draw(canvas)
            }
            _ => {
                let area = Size::new(side, dice.random_range(side / 4..=side));
                Rectangle::with_center(center, area).into_styled(filled).draw(canvas)
            }
        };
    }
}

fn colour(dice: &mut StdRng) -> Rgb888 {
    let [red, green, blue] = [(); 3].map(|()| dice.random_range(40..=225));
    Rgb888::new(red, green, blue)
}

/// Writes the prompt on a dark panel in the middle.
fn words(canvas: &mut Canvas, prompt: &str) {
    let Size { width, height } = canvas.size;
    let font = &FONT_10X20;
    let (dot, lines) = set(prompt, width * 4 / 5, height / 2, font.character_size);
    let letter = font.character_size * dot;
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let (columns, rows) = (u32::try_from(longest), u32::try_from(lines.len()));
    let block = Size::new(letter.width * columns.unwrap_or(0), letter.height * rows.unwrap_or(0));
    let block = Rectangle::with_center(canvas.bounding_box().center(), block);
    canvas.fill(&block.offset(letter.width.cast_signed()), DARK);
    for (line, top) in lines.iter().zip((block.top_left.y..).step_by(letter.height as usize)) {
        canvas.write(line, font, dot, Point::new(block.top_left.x, top));
    }
}

/// The size of a letter's dots, and the prompt in lines: in the largest letters in which all of it has room, else
/// as much of it as has room in the smallest.
fn set(prompt: &str, width: u32, height: u32, letter: Size) -> (u32, Vec<String>) {
    let room = |dot| {
        let place = |all: u32, one: u32| usize::try_from(all / (one * dot)).unwrap_or_default();
        (place(width, letter.width).max(1), place(height, letter.height))
    };
    for dot in (2..=8).rev() {
        let (columns, rows) = room(dot);
        let lines = wrapped(prompt, columns);
        // In so few columns, hardly a word has room.
        if lines.len() <= rows && columns >= 12 {
            return (dot, lines);
        }
    }
    let (columns, rows) = room(1);
    let mut lines = wrapped(prompt, columns);
    if lines.len() > rows {
        lines.truncate(rows.saturating_sub(1));
        lines.push("...".to_owned());
    }
    (1, lines)
}

/// A text in lines of at most so many characters.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for (index, part) in letters.chunks(columns).enumerate() {
            match lines.last_mut() {
                Some(line) if index == 0 && line.chars().count() + 1 + part.len() <= columns => {
                    line.push(' ');
                    line.extend(part);
                }
                _ => lines.push(part.iter().collect()),
            }
        }
    }
    lines
}

fn small_print(canvas: &mut Canvas) {
    let Size { width, height } = canvas.size;
    let (font, dot) = (&FONT_6X10, (width.min(height) / 400).max(1));
    let letter = font.character_size * dot;
    let length = u32::try_from(SMALL_PRINT.chars().count()).unwrap_or_default();
    let place = Size::new(letter.width * (length + 1), letter.height * 3 / 2);
    let corner = Point::new(0, (height - place.height).cast_signed());
    canvas.fill(&Rectangle::new(corner, place), DARK);
    canvas.write(SMALL_PRINT, font, dot, corner + letter / 4);
}

/// A picture on its way: three bytes a pixel.
struct Canvas {
    size: Size,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(size: Size) -> Self {
        Self { size, pixels: vec![0; 3 * size.width as usize * size.height as usize] }
    }

    fn fill(&mut self, area: &Rectangle, colour: Rgb888) {
        let area = area.intersection(&self.bounding_box());
        let line = [colour.r(), colour.g(), colour.b()].repeat(area.size.width as usize);
        let place = |coordinate: i32| usize::try_from(coordinate).unwrap_or_default();
        for y in area.rows() {
            let start = 3 * (place(y) * self.size.width as usize + place(area.top_left.x));
            self.pixels[start..start + line.len()].copy_from_slice(&line);
        }
    }

    /// Writes a line of text in light letters. What the font lacks is a question mark.
    fn write(&mut self, line: &str, font: &MonoFont<'_>, dot: u32, at: Point) {
        let style = MonoTextStyle::new(font, Rgb888::WHITE);
        let text = Text::with_baseline(line, Point::zero(), style, Baseline::Top);
        let Ok(_) = text.draw(&mut Dots { canvas: self, at, dot });
    }

    fn encode(&self, prompt: &str) -> Result<Vec<u8>, EncodingError> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.size.width, self.size.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        encoder.add_text_chunk("Software".to_owned(), SOFTWARE.to_owned())?;
        encoder.add_text_chunk("Comment".to_owned(), COMMENT.to_owned())?;
        let plain = prompt.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        encoder.add_itxt_chunk("Description".to_owned(), plain)?;
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(file)
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<Rgb888>>,
    {
        for Pixel(point, colour) in pixels {
            self.fill(&Rectangle::new(point, Size::new_equal(1)), colour);
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, colour: Rgb888) -> Result<(), Infallible> {
        self.fill(area, colour);
        Ok(())
    }
}

/// A place on a canvas that is drawn on in dots of several pixels.
struct Dots<'a> {
    canvas: &'a mut Canvas,
    at: Point,
    dot: u32,
}

impl OriginDimensions for Dots<'_> {
    fn size(&self) -> Size {
        self.canvas.size / self.dot
    }
}

impl DrawTarget for Dots<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<Rgb888>>,
    {
        for Pixel(point, colour) in pixels {
            let corner = self.at + point * self.dot.cast_signed();
            self.canvas.fill(&Rectangle::new(corner, Size::new_equal(self.dot)), colour);
        }
        Ok(())
    }
}
