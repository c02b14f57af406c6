//! What the parts of the language assemble to.

use sysbatch_abi::{BuiltIn, DST_OWN_INDEX, ENTRY_REPEAT, Entry, JUMP_EXIT, Mode, Repeat};
use sysbatch_asm::{
    Base, Image, Listing, Place, Program, Relocation, Section, assemble, disassemble, quote_byte,
};

fn program(source: &str) -> Program {
    assemble("test.sb", source).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

fn entry(source: &str) -> Entry {
    program(source).entries[0]
}

/// The value of an expression.
fn value(expression: &str) -> u64 {
    entry(&format!("SET({expression})")).args[0]
}

#[test]
fn calls_go_by_name_or_number() {
    assert_eq!(entry("openat(1)").nr, libc::SYS_openat as i32);
    assert_eq!(entry("syscall_4000()").nr, 4000);
    assert_eq!(entry("exit(3)").nr, libc::SYS_exit as i32);
    for builtin in BuiltIn::ALL {
        let operands = vec!["1"; builtin.operand_count()].join(", ");
        let entry = entry(&format!("{}({operands})", builtin.name()));
        assert_eq!(entry.nr, builtin.number());
    }
}

#[test]
fn expressions_have_the_precedence_of_c() {
    assert_eq!(value("1 + 2 * 3"), 7);
    assert_eq!(value("(1 + 2) * 3"), 9);
    assert_eq!(value("10 - 3 - 2"), 5);
    assert_eq!(value("1 << 2 + 1"), 8);
    assert_eq!(value("1 | 6 & 3 ^ 8"), 1 | ((6 & 3) ^ 8));
    assert_eq!(value("-1"), u64::MAX);
    assert_eq!(value("~0xff"), !0xff);
    assert_eq!(value("0x8000000000000000 >> 63"), 1);
    assert_eq!(
        value("O_WRONLY|O_CREAT"),
        (libc::O_WRONLY | libc::O_CREAT) as u64
    );
    assert_eq!(value("AT_FDCWD"), -100_i64 as u64);
    assert_eq!(value("'A' + '\\n'"), 75);
    assert_eq!(value("sizeof statx"), 256);
    assert_eq!(value("sizeof(iovec)"), 16);
    assert_eq!(value("offsetof(dirent64, d_name)"), 19);
}

#[test]
fn bytes_are_quoted_as_they_are_read() {
    for byte in 0..=u8::MAX {
        assert_eq!(value(&quote_byte(byte)), byte.into());
    }
    let quoted = [b'.', b'\'', b'\\', 0, 200].map(quote_byte);
    assert_eq!(quoted, ["'.'", r"'\''", r"'\\'", "0", "200"]);
}

#[test]
fn operands_have_modes() {
    let source = "word count = 3\nn = getpid()\nread(n, %7, [count + 8], [0x1000], 5)";
    let program = program(source);
    let entry = program.entries[1];
    let modes: Vec<_> = (0..6).map(|k| Mode::of(entry.modes, k).unwrap()).collect();
    use Mode::{Immediate, Memory, Result};
    assert_eq!(
        modes,
        [Result, Result, Memory, Memory, Immediate, Immediate]
    );
    assert_eq!(entry.args, [0, 7, 8, 0x1000, 5, 0]);
    let place = Place::Argument {
        entry: 1,
        argument: 2,
    };
    let base = Base::Block(0);
    assert_eq!(program.relocations, [Relocation { place, base }]);
    assert_eq!(program.results.len(), 8);
}

#[test]
fn results_are_written_where_their_names_say() {
    let program = program(
        "slot far %9\n\
         slot free\n\
         a = getpid()\n\
         getpid() -> a\n\
         a = getpid()\n\
         b = getpid() -> %6\n\
         b = getpid()\n\
         far = getpid()\n\
         getpid() -> %2\n\
         free = getpid()\n\
         SET(later)\n\
         later = getpid()",
    );
    let dst: Vec<_> = program.entries.iter().map(|entry| entry.dst).collect();
    let own = DST_OWN_INDEX;
    assert_eq!(dst, [own, 0, 0, 6, 6, 9, 2, 10, own, own]);
    assert_eq!(program.entries[8].args[0], 9);
    assert_eq!(program.slot("free"), Some(10));
    assert_eq!(program.results.len(), 11);
}

#[test]
fn branches_lead_to_labels() {
    let program = program(
        "fuel 9\n\
         first: getpid() neg last, zero end, pos exit\n\
         getpid() goto first\n\
         getpid() else last, goto next\n\
         last: getpid() neg -2, zero +0, pos +1\n\
         exit\n\
         goto first",
    );
    let branches: Vec<_> = program
        .entries
        .iter()
        .map(|entry| [entry.on_neg, entry.on_zero, entry.on_pos])
        .collect();
    assert_eq!(
        branches,
        [
            [2, 5, JUMP_EXIT],
            [-2, -2, -2],
            [0, 0, 0],
            [-2, 0, 1],
            [JUMP_EXIT; 3],
            [-6; 3],
        ]
    );
    assert_eq!(program.entries[4].nr, BuiltIn::Set.number());
    assert_eq!(program.fuel, 9);
}

#[test]
fn calls_are_repeated_along_records() {
    let program = program(
        "fuel 9\n\
         slot out\n\
         const NAME = offsetof(dirent64, d_name)\n\
         statx(3, &%2, 0, 0, 8) -> out repeat(1, 16 - NAME, 4, sizeof statx, '.')  neg exit\n\
         unlinkat(3, &%2) repeat(\n1, -3, 0, -1\n) goto end",
    );
    let repeat = Repeat {
        chain: 1,
        length: -3,
        advance: 4,
        stop: b'.',
        stride: 256,
    };
    let [first, second] = program.entries[..] else {
        panic!("{program:?}");
    };
    assert_eq!((first.flags, first.args[5]), (ENTRY_REPEAT, repeat.word()));
    assert_eq!((first.dst, first.on_neg, first.on_pos), (3, JUMP_EXIT, 0));
    assert_eq!(first.args[..5], [3, 16, 0, 0, 8]);
    let repeat = Repeat {
        advance: 0,
        stop: 0,
        stride: -1,
        ..repeat
    };
    assert_eq!((second.flags, second.modes), (ENTRY_REPEAT, 0));
    assert_eq!(second.args, [3, 16, 0, 0, 0, repeat.word()]);
    assert_eq!(program.results.len(), 4);
}

#[test]
fn how_a_call_is_repeated_is_kept_as_it_was_written() {
    let clauses = [
        "repeat(1, 16 - offsetof(dirent64, d_name), 4, sizeof statx, '.')",
        "repeat(4, -128, 0, -2147483648, '\\'')",
        "repeat(0, 127, 1, 0x10)",
    ];
    for clause in clauses {
        let text = disassemble(
            &program(&format!("fuel 9\nstatx(1) -> %0 {clause} zero exit")),
            Listing::default(),
        );
        let entry = format!("statx(1) -> %0 {clause}  zero exit");
        assert!(text.contains(&entry), "{text}");
    }
}

#[test]
fn fuel_is_the_number_of_entries_unless_given() {
    assert_eq!(program("getpid()\ngetpid()").fuel, 2);
    assert_eq!(program("fuel 1 << 40\ngetpid()").fuel, 1 << 40);
}

#[test]
fn raw_entries_hold_any_bits() {
    let source = "fuel 1\nentry nr=-77 modes=0xffff dst=7 on_neg=-32768 on_zero=32767 on_pos=-5 \
                  flags=0x8001 args=1, -1, 3";
    let expected = Entry {
        nr: -77,
        modes: 0xffff,
        dst: 7,
        on_neg: -32768,
        on_zero: 32767,
        on_pos: -5,
        flags: 0x8001,
        args: [1, u64::MAX, 3, 0, 0, 0],
    };
    assert_eq!(entry(source), expected);
    assert_eq!(entry("entry nr=39").dst, DST_OWN_INDEX);
}

#[test]
fn data_is_laid_out_in_order() {
    let program = program(
        "string text \"ab\\0\"\n\
         word one = 0x0102030405060708\n\
         data packet = u8 1, be16 0x0203, \"xy\", zero 2, be32 AF_INET, u16 -1\n\
         buffer page 3 align 64\n\
         words list = 1, sizeof page, &packet - &one\n\
         getpid()",
    );
    let places: Vec<_> = program
        .blocks
        .iter()
        .map(|block| (block.offset, block.size))
        .collect();
    assert_eq!(places, [(0, 4), (8, 8), (16, 13), (64, 3), (72, 24)]);
    assert_eq!(&program.data[..4], b"ab\0\0");
    assert_eq!(&program.data[8..16], [8, 7, 6, 5, 4, 3, 2, 1]);
    let packet = [1, 2, 3, b'x', b'y', 0, 0, 0, 0, 0, 2, 0xff, 0xff];
    assert_eq!(&program.data[16..29], packet);
    assert_eq!(
        &program.data[80..96],
        [3, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(program.alignment(), 64);
}

#[test]
fn a_line_goes_on_after_a_comma_and_inside_brackets() {
    let entry = entry("read(1, # the descriptor\n\n     2,\n     3\n)  neg end,\n   zero exit");
    assert_eq!(entry.args, [1, 2, 3, 0, 0, 0]);
    assert_eq!((entry.on_neg, entry.on_zero), (0, JUMP_EXIT));
}

#[test]
fn words_of_the_language_can_be_names_where_nothing_else_is_meant() {
    let program = program("buffer data 8\nstart: word = read(0, data, sizeof data)\nSET(word)");
    assert_eq!(program.slot("word"), Some(0));
    assert_eq!(program.label("start"), Some(0));
    assert!(program.block("data").is_some());
}

#[test]
fn an_image_has_addresses_in_every_section() {
    let program = program(
        "buffer page 100 align 4096\n\
         words vector = page + 4, &again.arg1, &n, \"text\"\n\
         slot first %0 = &page\n\
         start again\n\
         getpid()\n\
         again: n = readv(0, vector, 1)\n\
         SET([vector])",
    );
    let image = Image::load(&program);
    let [entries, results, data] =
        [Section::Program, Section::Results, Section::Data].map(|section| image.address(section));
    assert_eq!((entries % 64, results % 8, data % 4096), (0, 0, 0));
    let run = image.run();
    assert_eq!((run.program, run.len, run.pc), (entries, 3, 1));
    assert_eq!((run.results, run.results_len), (results, 3));

    let vector = data + program.block("vector").unwrap().offset;
    let words: Vec<_> = image
        .bytes(vector, 32)
        .unwrap()
        .chunks(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    assert_eq!(words[..3], [data + 4, entries + 64 + 24, results + 8]);
    assert_eq!(image.bytes(words[3], 99), Some(b"text\0".to_vec()));
    assert_eq!(image.result(0), Some(data.cast_signed()));
    assert_eq!(image.results().len(), 3);
    assert_eq!(image.entry(1).unwrap().args, [0, vector, 1, 0, 0, 0]);
    assert_eq!(image.entry(2).unwrap().args[0], vector);
    assert_eq!(image.entry(3), None);
    assert_eq!(image.result(3), None);
    assert_eq!(image.locate(results + 9), Some((Section::Results, 9)));
    assert_eq!(image.locate(results + 24).map(|(section, _)| section), None);
    assert_eq!(image.bytes(8, 1), None);
}

#[test]
fn expressions_too_deep_for_the_stack_are_refused() {
    for deep in [
        format!("SET({}1{})", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SET({}1)", "-".repeat(100_000)),
        format!("SET(1{})", "+1".repeat(100_000)),
        format!("SET({}1)", "&%".repeat(100_000)),
        format!("SET({}1{})", "(1+".repeat(100_000), ")".repeat(100_000)),
    ] {
        let diagnostics = assemble("deep.sb", &deep).unwrap_err();
        assert_eq!(diagnostics.codes().collect::<Vec<_>>(), ["expected"]);
    }
    assert_eq!(value(&format!("0{}", "+1".repeat(250))), 250);
}
