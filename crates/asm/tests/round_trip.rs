//! Text made from a program assembles to the same program.

use proptest::prelude::*;
use sysbatch_abi::{
    ARGUMENT_COUNT, DST_OWN_INDEX, ENTRY_REPEAT, Entry, JUMP_EXIT, MODES_USED, Mode, Repeat,
};
use sysbatch_asm::{
    Base, Block, BlockKind, Listing, Place, Program, Relocation, Symbol, assemble, disassemble,
};

/// An argument, a word of data or a first value.
#[derive(Clone, Debug)]
enum Word {
    Number(u64),
    Address(Base, u64),
    /// A string of its own.
    Text(Vec<u8>),
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..64_u64,
        1 => any::<u64>(),
        1 => (0..200_u64).prop_map(u64::wrapping_neg),
        1 => prop::sample::select(vec![0x1000, 0o644, 0o100_001, 1 << 20, u64::MAX]),
    ]
}

fn word() -> impl Strategy<Value = Word> {
    let base = prop_oneof![
        Just(Base::Program),
        Just(Base::Results),
        (0..5_usize).prop_map(Base::Block),
    ];
    // Within what lies there, just past it, and beyond on either side.
    let offset = prop_oneof![6 => 0..900_u64, 1 => any::<u64>()];
    prop_oneof![
        6 => number().prop_map(Word::Number),
        2 => (base, offset).prop_map(|(base, offset)| Word::Address(base, offset)),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Word::Text),
    ]
}

fn branch() -> impl Strategy<Value = i16> {
    prop_oneof![
        6 => Just(0),
        4 => -6..6_i16,
        1 => Just(JUMP_EXIT),
        1 => any::<i16>(),
    ]
}

/// How a call is repeated, mostly well.
fn repeat() -> impl Strategy<Value = Repeat> {
    let operands = (0..6_u8, 0..6_u8);
    let stride = prop_oneof![Just(0), -300..300_i32, any::<i32>()];
    let stop = prop_oneof![2 => Just(0), 2 => Just(b'.'), 1 => any::<u8>()];
    (operands, any::<i8>(), stride, stop).prop_map(|((chain, advance), length, stride, stop)| {
        Repeat {
            chain,
            length,
            advance,
            stop,
            stride,
        }
    })
}

/// An entry that repeats its call; one in a few breaks a rule.
fn repeated_entry() -> impl Strategy<Value = (Entry, Vec<Word>)> {
    let last = ARGUMENT_COUNT - 1;
    let others = MODES_USED & !(3 << (2 * last));
    (entry(), repeat(), any::<bool>()).prop_map(move |((entry, mut words), repeat, good)| {
        let mut entry = entry.repeated(repeat);
        if good {
            entry.nr &= i32::MAX;
            entry.flags = ENTRY_REPEAT;
            entry.modes &= others;
            words.truncate(last);
        }
        (entry, words)
    })
}

/// An entry and its arguments. Numbers of calls, modes and flags are mostly
/// good.
fn entry() -> impl Strategy<Value = (Entry, Vec<Word>)> {
    let nr = prop_oneof![6 => -19..0_i32, 6 => 0..470_i32, 1 => any::<i32>()];
    let good = prop::collection::vec(0..3_u16, ARGUMENT_COUNT).prop_map(|modes| {
        (0..)
            .zip(modes)
            .fold(0, |all, (k, mode)| all | mode << (2 * k))
    });
    let modes = prop_oneof![6 => Just(0), 3 => good, 1 => any::<u16>()];
    let dst = prop_oneof![6 => Just(DST_OWN_INDEX), 3 => 0..12_u16, 1 => any::<u16>()];
    let flags = prop_oneof![12 => Just(0), 1 => any::<u16>()];
    let used = prop_oneof![0..=3_usize, Just(ARGUMENT_COUNT)];
    let words = used.prop_flat_map(|used| prop::collection::vec(word(), used));
    let same = any::<bool>();
    let branches = (branch(), branch(), branch(), same);
    (nr, modes, dst, flags, branches, words).prop_map(
        |(nr, modes, dst, flags, (on_neg, on_zero, on_pos, same), words)| {
            let entry = Entry {
                nr,
                modes,
                dst,
                on_neg,
                on_zero: if same { on_neg } else { on_zero },
                on_pos: if same { on_neg } else { on_pos },
                flags,
                args: [0; ARGUMENT_COUNT],
            };
            (entry, words)
        },
    )
}

/// What a block holds, and its alignment as a power of two.
#[derive(Clone, Debug)]
enum Contents {
    Buffer(u64),
    Text(Vec<u8>),
    Words(Vec<Word>),
    Bytes(Vec<u8>),
}

fn block() -> impl Strategy<Value = (Contents, u32)> {
    let bytes = prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..40);
    let contents = prop_oneof![
        (0..100_u64).prop_map(Contents::Buffer),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Contents::Text),
        prop::collection::vec(word(), 1..5).prop_map(Contents::Words),
        bytes.prop_map(Contents::Bytes),
    ];
    (contents, 0..13_u32)
}

#[derive(Clone, Debug)]
struct Plan {
    entries: Vec<(Entry, Vec<Word>)>,
    blocks: Vec<(Contents, u32)>,
    results: Vec<Word>,
    /// Indexes of the slots and the entries that have names.
    slots: Vec<u64>,
    labels: Vec<u64>,
    fuel: u64,
    start: u64,
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        prop::collection::vec(prop_oneof![3 => entry(), 1 => repeated_entry()], 1..12),
        prop::collection::vec(block(), 0..5),
        prop::collection::vec(word(), 1..14),
        prop::collection::vec(0..14_u64, 0..6),
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        number(),
        prop_oneof![Just(0), number()],
    )
        .prop_map(|(entries, blocks, results, slots, labels, fuel, start)| {
            let len = entries.len() + 1;
            let labels = labels.iter().map(|at| at.index(len) as u64).collect();
            Plan {
                entries,
                blocks,
                results,
                slots,
                labels,
                fuel,
                start,
            }
        })
}

/// Lays a plan out as the assembler would: declared blocks, then strings
/// without a name in the order of their uses.
struct Builder {
    program: Program,
    /// How many blocks have names.
    named: usize,
}

impl Builder {
    fn block(
        &mut self,
        name: Option<String>,
        kind: BlockKind,
        bytes: &[u8],
        alignment: u64,
    ) -> u64 {
        let data = &mut self.program.data;
        let offset = (data.len() as u64).next_multiple_of(alignment);
        data.resize(offset as usize, 0);
        data.extend_from_slice(bytes);
        self.program.blocks.push(Block {
            name,
            kind,
            offset,
            size: bytes.len() as u64,
            alignment,
        });
        offset
    }

    fn word(&mut self, word: &Word, place: Place) -> u64 {
        let (base, offset) = match word {
            Word::Number(number) => return *number,
            // Only blocks with a name are used twice.
            Word::Address(Base::Block(index), _) if *index >= self.named => return 0,
            Word::Address(base, offset) => (*base, *offset),
            Word::Text(bytes) => {
                let bytes = [bytes.as_slice(), &[0]].concat();
                self.block(None, BlockKind::Text, &bytes, 1);
                (Base::Block(self.program.blocks.len() - 1), 0)
            }
        };
        self.program.relocations.push(Relocation { place, base });
        offset
    }

    fn build(plan: &Plan) -> Program {
        let mut builder = Self {
            program: Program {
                fuel: plan.fuel,
                start: plan.start,
                ..Program::default()
            },
            named: plan.blocks.len(),
        };
        builder.blocks(&plan.blocks);
        for (index, (entry, words)) in plan.entries.iter().enumerate() {
            let mut entry = *entry;
            for (argument, word) in words.iter().enumerate() {
                let place = Place::Argument {
                    entry: index,
                    argument,
                };
                entry.args[argument] = builder.word(word, place);
            }
            builder.program.entries.push(entry);
        }
        for (slot, word) in plan.results.iter().enumerate() {
            let value = builder.word(word, Place::Result(slot));
            builder.program.results.push(value);
        }
        let symbols = |indexes: &[u64], prefix: &str| {
            let symbol = |(k, &index): (usize, &u64)| Symbol {
                name: format!("{prefix}{k}"),
                index,
            };
            indexes.iter().enumerate().map(symbol).collect()
        };
        builder.program.slots = symbols(&plan.slots, "slot");
        builder.program.labels = symbols(&plan.labels, "L");
        builder.program.relocations.sort_unstable();
        builder.program
    }

    fn blocks(&mut self, blocks: &[(Contents, u32)]) {
        let mut later = Vec::new();
        for (k, (contents, alignment)) in blocks.iter().enumerate() {
            let (kind, bytes) = match contents {
                Contents::Buffer(size) => (BlockKind::Buffer, vec![0; *size as usize]),
                Contents::Text(bytes) => (BlockKind::Text, [bytes.as_slice(), &[0]].concat()),
                Contents::Words(words) => (BlockKind::Words, vec![0; words.len() * 8]),
                Contents::Bytes(bytes) => (BlockKind::Bytes, bytes.clone()),
            };
            let offset = self.block(Some(format!("block{k}")), kind, &bytes, 1 << alignment);
            if let Contents::Words(words) = contents {
                later.push((offset as usize, words));
            }
        }
        for (offset, words) in later {
            for (k, word) in words.iter().enumerate() {
                let at = offset + 8 * k;
                let value = self.word(word, Place::Data(at));
                self.program.data[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
        }
    }
}

fn sorted(symbols: &[Symbol]) -> Vec<(u64, &str)> {
    let mut sorted: Vec<_> = symbols
        .iter()
        .map(|symbol| (symbol.index, symbol.name.as_str()))
        .collect();
    sorted.sort_unstable();
    sorted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn text_of_any_program_assembles_to_it(plan in plan(), bytes: bool) {
        let program = Builder::build(&plan);
        let text = disassemble(&program, Listing { bytes });
        let again = assemble("text", &text);
        prop_assert!(again.is_ok(), "{}\n{}", text, again.unwrap_err());
        let again = again.unwrap();
        prop_assert_eq!(&again.entries, &program.entries, "{}", text);
        prop_assert_eq!(&again.results, &program.results, "{}", text);
        prop_assert_eq!(&again.data, &program.data, "{}", text);
        prop_assert_eq!(&again.relocations, &program.relocations, "{}", text);
        prop_assert_eq!(&again.blocks, &program.blocks, "{}", text);
        prop_assert_eq!((again.fuel, again.start), (program.fuel, program.start));
        prop_assert_eq!(sorted(&again.slots), sorted(&program.slots), "{}", text);
        // Entries that are jumped to get labels in the text.
        for label in sorted(&program.labels) {
            prop_assert!(sorted(&again.labels).contains(&label), "{}\n{:?}", text, label);
        }
        prop_assert_eq!(disassemble(&again, Listing { bytes }), text);
    }

    #[test]
    fn a_repeated_call_is_a_clause_if_it_keeps_the_rules((entry, words) in repeated_entry()) {
        let plan = Plan {
            entries: vec![(entry, words)],
            blocks: Vec::new(),
            results: vec![Word::Number(0)],
            slots: Vec::new(),
            labels: Vec::new(),
            fuel: 1,
            start: 0,
        };
        let program = Builder::build(&plan);
        let text = disassemble(&program, Listing::default());
        let entry = program.entries[0];
        let last = ARGUMENT_COUNT - 1;
        let place = Place::Argument { entry: 0, argument: last };
        let rules = [
            entry.nr >= 0,
            entry.flags == ENTRY_REPEAT,
            entry.modes & !MODES_USED == 0,
            Mode::of(entry.modes, last) == Some(Mode::Immediate),
            Repeat::from_word(entry.args[last]).is_valid(),
            program.relocation(place).is_none(),
        ];
        if rules.contains(&false) {
            prop_assert!(text.contains("entry nr="), "{}", text);
        }
        prop_assert_eq!(text.contains("repeat("), !text.contains("entry nr="), "{}", text);
    }
}
