//! Small files: pictures of few colours as PNG with a palette.

use std::collections::BTreeMap;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use resvg::tiny_skia::Pixmap;

use super::PictureError;

/// How many colours a file has at most.
const COLOURS: usize = 64;

/// The pixels, without transparency, as a file; colours beyond the [`COLOURS`] most frequent become
/// the nearest of these.
///
/// # Errors
///
/// [`PictureError`]; a fault of ours.
pub(super) fn png(pixels: &Pixmap) -> Result<Vec<u8>, PictureError> {
    // Pictures are mostly plain: a run of one colour costs one look, not one a pixel.
    let mut runs: Vec<([u8; 3], usize)> = Vec::new();
    for pixel in pixels.pixels() {
        let colour = [pixel.red(), pixel.green(), pixel.blue()];
        match runs.last_mut() {
            Some((known, length)) if *known == colour => *length += 1,
            _ => runs.push((colour, 1)),
        }
    }
    let mut counts: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for (colour, length) in &runs {
        *counts.entry(*colour).or_default() += length;
    }
    let mut kept: Vec<([u8; 3], usize)> = counts.iter().map(|(c, n)| (*c, *n)).collect();
    kept.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
    kept.truncate(COLOURS);
    let nearest = |colour: &[u8; 3]| {
        let distance = |(other, _): &([u8; 3], usize)| -> u32 {
            let parts = colour.iter().zip(other);
            parts.map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
        };
        let place = (0_u8..=255).zip(&kept).min_by_key(|(_, one)| distance(one));
        place.map_or(0, |(place, _)| place)
    };
    let numbered = (0_u8..=255).zip(&kept);
    let mut places: BTreeMap<[u8; 3], u8> = numbered.map(|(n, (c, _))| (*c, n)).collect();
    for colour in counts.keys() {
        places.entry(*colour).or_insert_with(|| nearest(colour));
    }
    let mut indices: Vec<u8> = Vec::with_capacity(pixels.pixels().len());
    for (colour, length) in &runs {
        let place = places.get(colour).copied().unwrap_or_default();
        indices.resize(indices.len() + length, place);
    }
    let palette: Vec<u8> = kept.iter().flat_map(|(colour, _)| *colour).collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(Compression::Balanced);
    // Filters compare neighbours as amounts; places in a palette are none.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indices)?;
    writer.finish()?;
    Ok(file)
}
