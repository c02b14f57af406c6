//! A terminal with the demonstration, as a picture for documents.

use std::path::Path;

use anstyle_svg::Term;
use anyhow::{Context as _, Result};

/// Writes an SVG of a terminal in which the demonstration has printed `table`.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(path: &Path, table: &str) -> Result<()> {
    let svg = Term::new().render_svg(&screen(table));
    std::fs::write(path, svg).with_context(|| format!("can't write {}", path.display()))
}

/// What the terminal shows: the command in bold, its output, and the last line, which
/// is what it comes down to, in green.
fn screen(table: &str) -> String {
    let (table, last) = table.rsplit_once('\n').unwrap_or(("", table));
    format!("$ \u{1b}[1mcargo xtask demo\u{1b}[0m\n{table}\n\u{1b}[32m{last}\u{1b}[0m\n")
}

#[cfg(test)]
mod tests {
    use super::screen;

    #[test]
    fn the_last_line_stands_out() {
        let screen = screen("a\nb\nc");
        assert!(screen.contains("demo\u{1b}[0m\na\nb\n\u{1b}[32mc"));
    }
}
