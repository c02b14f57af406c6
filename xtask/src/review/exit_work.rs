//! What a kernel does at the entry and the exit of a system call, and the module does
//! between two sub-calls, or leaves the batch for (`kernel/task.c`).
//!
//! What was read is kept as a checksum of its text, without comments and spaces, for
//! each series. Where it differs it has to be read again.

use anyhow::{Context as _, Result, bail};
use crc::{CRC_32_ISO_HDLC, Crc};

use crate::kernel::{Kernel, Series};

/// A piece of a header that was read.
struct Piece {
    /// The file, below the headers that are common to all flavours.
    file: &'static str,
    /// Where it begins.
    from: &'static str,
    /// Where it ends.
    to: &'static str,
    /// Its checksums, by series.
    checksums: [(Series, u32); Series::ALL.len()],
}

const FUNCTION_END: &str = "\n}\n";
const DEFINITION_END: &str = ")\n";

const fn both(old: u32, new: u32) -> [(Series, u32); 2] {
    [(Series::V6_1, old), (Series::V6_12, new)]
}

const PIECES: &[Piece] = &[
    // What TIF_NOTIFY_RESUME stands for: sysbatch_run_task_work().
    Piece {
        file: "include/linux/resume_user_mode.h",
        from: "static inline void resume_user_mode_work(",
        to: FUNCTION_END,
        checksums: both(0xfe59_de6f, 0xfe59_de6f),
    },
    // The flags that are looked at: WORK_FLAGS in kernel/task.h.
    Piece {
        file: "include/linux/entry-common.h",
        from: "#define EXIT_TO_USER_MODE_WORK",
        to: DEFINITION_END,
        checksums: both(0xd4d9_5d1f, 0xd4d9_5d1f),
    },
    Piece {
        file: "arch/x86/include/asm/entry-common.h",
        from: "static inline void arch_exit_to_user_mode_prepare(",
        to: FUNCTION_END,
        checksums: both(0x62a2_f5f1, 0xfc4e_66c9),
    },
    // Who may watch a task: watched() in kernel/task.h.
    Piece {
        file: "include/linux/thread_info.h",
        from: "enum syscall_work_bit {",
        to: "};\n",
        checksums: both(0x3b29_2cb2, 0x3b29_2cb2),
    },
    Piece {
        file: "include/linux/entry-common.h",
        from: "#define SYSCALL_WORK_ENTER",
        to: DEFINITION_END,
        checksums: both(0x559a_61c4, 0x559a_61c4),
    },
    Piece {
        file: "include/linux/entry-common.h",
        from: "#define SYSCALL_WORK_EXIT",
        to: DEFINITION_END,
        checksums: both(0xca38_40cd, 0xca38_40cd),
    },
];

/// Compares a kernel's headers with what was read.
///
/// # Errors
/// When a piece has another text, or is not there.
pub(super) fn check(kernel: &Kernel) -> Result<()> {
    for piece in PIECES {
        let path = kernel.common_headers().join(piece.file);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("can't read {}", path.display()))?;
        piece
            .check(kernel.series()?, &text)
            .with_context(|| format!("{} of Linux {}", piece.file, kernel.release))?;
    }
    Ok(())
}

impl Piece {
    fn check(&self, series: Series, header: &str) -> Result<()> {
        let found = checksum(cut(header, self.from, self.to)?);
        let reviewed = self.checksums.iter().find(|(of, _)| *of == series);
        let Some(&(_, expected)) = reviewed else {
            bail!("it was not reviewed for {}", series.name());
        };
        if found != expected {
            bail!(
                "what begins with `{}` is not what was reviewed. Read it, and whether \
                 kernel/task.c and kernel/task.h still do all that it does; then put \
                 {found:#010x} for {} into xtask/src/review/exit_work.rs",
                self.from,
                series.name()
            );
        }
        Ok(())
    }
}

/// The piece of a text from one word to the end of the next one after it.
fn cut<'a>(text: &'a str, from: &str, to: &str) -> Result<&'a str> {
    let begin = text
        .find(from)
        .with_context(|| format!("there is no `{from}`"))?;
    let rest = &text[begin..];
    let end = rest
        .find(to)
        .with_context(|| format!("`{from}` has no end"))?;
    Ok(&rest[..end + to.len()])
}

/// The checksum of a C text, whatever its comments and spaces are.
fn checksum(text: &str) -> u32 {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    let bytes: Vec<u8> = code
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "int before;\n\n/* Why. */\nstatic inline void work(void)\n{\n\t\
                          one();\n}\n\nstatic inline void other(void)\n{\n}\n";

    fn piece(checksum: u32) -> Piece {
        Piece {
            file: "",
            from: "static inline void work(",
            to: FUNCTION_END,
            checksums: both(checksum, 0),
        }
    }

    #[test]
    fn a_piece_is_cut_out() {
        let piece = cut(HEADER, "static inline void work(", FUNCTION_END).unwrap();
        assert_eq!(piece, "static inline void work(void)\n{\n\tone();\n}\n");
        assert!(cut(HEADER, "work", "no such end").is_err());
        assert!(cut(HEADER, "no such piece", FUNCTION_END).is_err());
    }

    #[test]
    fn comments_and_spaces_do_not_matter() {
        let texts = [
            "one();\ntwo();",
            "one(); /* a\n */ two();",
            " one();\ttwo();/**/",
        ];
        assert!(
            texts
                .iter()
                .all(|text| checksum(text) == checksum(texts[0]))
        );
        assert_ne!(checksum("one();"), checksum("two();"));
    }

    #[test]
    fn a_change_is_told_and_what_to_do() {
        let good = checksum(cut(HEADER, "static inline void work(", FUNCTION_END).unwrap());
        piece(good).check(Series::V6_1, HEADER).unwrap();
        let changed = HEADER.replace("one();", "one();\n\ttwo();");
        let error = piece(good)
            .check(Series::V6_1, &changed)
            .unwrap_err()
            .to_string();
        assert!(error.contains("Read it"), "{error}");
        // What follows the piece is not part of it.
        piece(good)
            .check(Series::V6_1, &HEADER.replace("other", "another"))
            .unwrap();
    }
}
