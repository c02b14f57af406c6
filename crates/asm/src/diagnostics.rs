//! Mistakes together with their places, shown in the source.

use std::error::Error;
use std::fmt;
use std::io;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::mistake::Mistake;
use crate::span::{Lines, Span};

/// A mistake and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) span: Span,
    pub(crate) mistake: Mistake,
}

/// A mistake in words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// Its kind, as in [`Diagnostics::codes`].
    pub code: &'static str,
    /// The line it is in, from 1.
    pub line: usize,
    /// The character of the line it begins at, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What was expected there instead.
    pub label: &'static str,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

/// Every mistake that was found in a source text.
///
/// Displaying it shows each with file, line and column and the offending text
/// underlined, and ends without a newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    file: String,
    source: String,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Puts the mistakes in the order of their places.
    pub(crate) fn new(file: &str, source: &str, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|diagnostic| diagnostic.span);
        list.dedup();
        Self {
            file: file.into(),
            source: source.into(),
            list,
        }
    }

    /// How many mistakes there are; at least one.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a value of this type always holds a mistake"
    )]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The kind of each mistake, in the order of their places: short fixed
    /// names such as `unknown-call`.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.list.iter().map(|diagnostic| diagnostic.mistake.code())
    }

    /// Each mistake in words, in the order of their places.
    pub fn details(&self) -> impl Iterator<Item = Detail> + '_ {
        let lines = Lines::of(&self.source);
        self.list.iter().map(move |Diagnostic { span, mistake }| {
            let before = self.source.get(..span.start).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            Detail {
                code: mistake.code(),
                line: lines.number(span.start),
                column: 1 + line.chars().count(),
                message: mistake.message(),
                label: mistake.label(),
                hint: mistake.hint(),
            }
        })
    }

    /// Every kind of mistake there is.
    #[must_use]
    pub const fn all_codes() -> &'static [&'static str] {
        &Mistake::CODES
    }

    /// The text for a terminal, with colours if `coloured`.
    #[must_use]
    pub fn render(&self, coloured: bool) -> String {
        let renderer = if coloured {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let shown: Vec<String> = self
            .list
            .iter()
            .map(|diagnostic| renderer.render(&self.groups(diagnostic)))
            .collect();
        shown.join("\n\n")
    }

    /// One mistake as the renderer wants it.
    fn groups<'a>(&'a self, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
        let Diagnostic { span, mistake } = diagnostic;
        let mut snippet = Snippet::source(&self.source).path(&self.file).annotation(
            AnnotationKind::Primary
                .span(span.range())
                .label(mistake.label()),
        );
        if let Some((place, label)) = mistake.context() {
            snippet = snippet.annotation(AnnotationKind::Context.span(place.range()).label(label));
        }
        let mut group = Level::ERROR
            .primary_title(mistake.message())
            .element(snippet);
        if let Some(hint) = mistake.hint() {
            group = group.element(Level::HELP.message(hint));
        }
        vec![group]
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

impl Error for Diagnostics {}

impl From<Diagnostics> for io::Error {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::new(io::ErrorKind::InvalidData, diagnostics)
    }
}

/// What an error has to be for `?` in functions of `io::Result` and `anyhow::Result`.
const fn goes_through<E: Error + Into<io::Error> + Send + Sync + 'static>() {}

const _: () = goes_through::<Diagnostics>();
