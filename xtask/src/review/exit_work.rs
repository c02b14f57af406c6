//! What a kernel does at the entry and the exit of a system call, and the module does
//! between two sub-calls, or leaves the batch for (`kernel/task.c`).
//!
//! What was read is kept as a checksum of its text, without comments and spaces, for
//! each series. Where it differs it has to be read again.

use anyhow::{Context as _, Result, bail, ensure};
use crc::{CRC_32_ISO_HDLC, Crc};

use crate::kernel::Kernel;

/// A piece of a header that was read.
struct Piece {
    /// The file, below the headers that are common to all flavours.
    file: &'static str,
    /// Where it begins.
    from: &'static str,
    /// Where it ends.
    to: &'static str,
    /// Its checksums, by the names of the series that have it there.
    checksums: &'static [(&'static str, u32)],
}

const FUNCTION_END: &str = "\n}\n";
const DEFINITION_END: &str = ")\n";

const PIECES: &[Piece] = &[
    // What TIF_NOTIFY_RESUME stands for: sysbatch_run_task_work().
    Piece {
        file: "include/linux/resume_user_mode.h",
        from: "static inline void resume_user_mode_work(",
        to: FUNCTION_END,
        checksums: &[
            ("6.1", 0xfe59_de6f),
            ("6.12", 0xfe59_de6f),
            ("7.3", 0xcf4a_d505),
        ],
    },
    // The flags that are looked at: WORK_FLAGS in kernel/task.h.
    Piece {
        file: "include/linux/entry-common.h",
        from: "#define EXIT_TO_USER_MODE_WORK",
        to: DEFINITION_END,
        checksums: &[("6.1", 0xd4d9_5d1f), ("6.12", 0xd4d9_5d1f)],
    },
    Piece {
        file: "include/linux/irq-entry-common.h",
        from: "#define EXIT_TO_USER_MODE_WORK",
        to: DEFINITION_END,
        checksums: &[("7.3", 0xb631_795d)],
    },
    Piece {
        file: "arch/x86/include/asm/entry-common.h",
        from: "static inline void arch_exit_work(",
        to: FUNCTION_END,
        checksums: &[("7.3", 0x779b_decb)],
    },
    Piece {
        file: "arch/x86/include/asm/entry-common.h",
        from: "static inline void arch_exit_to_user_mode_prepare(",
        to: FUNCTION_END,
        checksums: &[
            ("6.1", 0x62a2_f5f1),
            ("6.12", 0xfc4e_66c9),
            ("7.3", 0x8d4d_6fec),
        ],
    },
    // The area of rseq(2), where it has a flag of its own: sysbatch_update_rseq().
    Piece {
        file: "include/linux/rseq_entry.h",
        from: "static __always_inline bool __rseq_exit_to_user_mode_restart(",
        to: FUNCTION_END,
        checksums: &[("7.3", 0x0d35_a642)],
    },
    Piece {
        file: "include/linux/rseq_entry.h",
        from: "rseq_exit_to_user_mode_restart(struct pt_regs *regs, unsigned long ti_work)",
        to: FUNCTION_END,
        checksums: &[("7.3", 0x3568_dfd6)],
    },
    // Who may watch a task: watched() in kernel/task.h.
    Piece {
        file: "include/linux/thread_info.h",
        from: "enum syscall_work_bit {",
        to: "};\n",
        checksums: &[
            ("6.1", 0x3b29_2cb2),
            ("6.12", 0x3b29_2cb2),
            ("7.3", 0x531f_9240),
        ],
    },
    Piece {
        file: "include/linux/entry-common.h",
        from: "#define SYSCALL_WORK_ENTER",
        to: DEFINITION_END,
        checksums: &[
            ("6.1", 0x559a_61c4),
            ("6.12", 0x559a_61c4),
            ("7.3", 0x24ab_4eca),
        ],
    },
    Piece {
        file: "include/linux/entry-common.h",
        from: "#define SYSCALL_WORK_EXIT",
        to: DEFINITION_END,
        checksums: &[
            ("6.1", 0xca38_40cd),
            ("6.12", 0xca38_40cd),
            ("7.3", 0x7309_87ea),
        ],
    },
    // What is done for them, before a call and after it: judge() in kernel/observe.c.
    Piece {
        file: "include/linux/entry-common.h",
        from: "static __always_inline long syscall_trace_enter(",
        to: FUNCTION_END,
        checksums: &[("7.3", 0xf7b3_0c00)],
    },
    Piece {
        file: "include/linux/entry-common.h",
        from: "static __always_inline void syscall_exit_work(",
        to: FUNCTION_END,
        checksums: &[("7.3", 0x8b17_83a6)],
    },
];

/// Compares a kernel's headers with what was read.
///
/// # Errors
/// When a piece has another text, or is not there.
pub(super) fn check(kernel: &Kernel) -> Result<()> {
    let series = kernel.series()?.name();
    let read = |piece: &&Piece| piece.checksum(series).is_some();
    ensure!(
        PIECES.iter().any(|piece| read(&piece)),
        "nothing of what Linux {series} does on its way to user space was reviewed. Find in its \
         headers where each piece in xtask/src/review/exit_work.rs is now, read it, and whether \
         kernel/task.c and kernel/task.h do all that it does; then note its checksum there (any \
         at first: the right one is told)"
    );
    for piece in PIECES.iter().filter(read) {
        let path = kernel.common_headers().join(piece.file);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("can't read {}", path.display()))?;
        piece
            .check(series, &text)
            .with_context(|| format!("{} of Linux {}", piece.file, kernel.release))?;
    }
    Ok(())
}

impl Piece {
    /// Its checksum in a series, if it was read there.
    fn checksum(&self, series: &str) -> Option<u32> {
        let reviewed = self.checksums.iter().find(|(of, _)| *of == series);
        reviewed.map(|(_, checksum)| *checksum)
    }

    fn check(&self, series: &str, header: &str) -> Result<()> {
        let found = checksum(cut(header, self.from, self.to)?);
        if self.checksum(series) != Some(found) {
            bail!(
                "what begins with `{}` is not what was reviewed. Read it, and whether \
                 kernel/task.c and kernel/task.h still do all that it does; then put \
                 {found:#010x} for {series} into xtask/src/review/exit_work.rs",
                self.from,
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
    use crate::kernel::Series;

    const HEADER: &str = "int before;\n\n/* Why. */\nstatic inline void work(void)\n{\n\t\
                          one();\n}\n\nstatic inline void other(void)\n{\n}\n";

    const PIECE: Piece = Piece {
        file: "",
        from: "static inline void work(",
        to: FUNCTION_END,
        checksums: &[("6.1", 0x25f0_b8ec)],
    };

    #[test]
    fn each_series_of_the_table_was_read() {
        for series in Series::ALL {
            let read = PIECES
                .iter()
                .filter(|piece| piece.checksum(series.name()).is_some());
            assert!(read.count() >= 6, "{}", series.name());
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
        PIECE.check("6.1", HEADER).unwrap();
        let changed = HEADER.replace("one();", "one();\n\ttwo();");
        let error = PIECE.check("6.1", &changed).unwrap_err().to_string();
        assert!(error.contains("Read it"), "{error}");
        // What follows the piece is not part of it.
        let after = HEADER.replace("other", "another");
        PIECE.check("6.1", &after).unwrap();
    }
}
