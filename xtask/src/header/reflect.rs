//! The items of the header, with the values the compiled crate has.

use std::mem::{align_of, offset_of, size_of, size_of_val};

use sysbatch_abi::{
    ABI_VERSION, ARGUMENT_COUNT, BuiltIn, DEVICE_NAME, DEVICE_PATH, DST_OWN_INDEX, ENTRY_FLAGS,
    ENTRY_REPEAT, ENTRY_SIZE, Entry, FLAG_CONTINUE_ON_FAILURE, FLAG_FIRST_TRY,
    FLAG_STOP_ON_FAILURE, FORMATS, Format, Info, JUMP_EXIT, LIST_REQUEST, LIST_SIZE, List,
    MAX_ERRNO, MODES_USED, Mode, PuntReason, RUN_REQUEST, RUN_SIZE, Repeat, Resume, Run,
    SCRATCH_SIZE, SYSLET_ASYNC, SYSLET_FLAGS, SYSLET_NO_COMPLETE, SYSLET_NR_UMEM_ADD,
    SYSLET_SKIP_TO_NEXT_ON_STOP, SYSLET_STOP_ON_NEGATIVE, SYSLET_STOP_ON_NON_POSITIVE,
    SYSLET_STOP_ON_NONZERO, SYSLET_STOP_ON_ZERO, SYSLET_SYNC, Status, Width,
};

/// A part of the header with a heading.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) heading: &'static str,
    pub(super) items: Vec<Item>,
}

/// One item of the crate.
#[derive(Debug)]
pub(super) enum Item {
    Constant(Constant),
    Structure(Structure),
    Enumeration(Enumeration),
    Macro(Macro),
}

/// A constant, as a C expression.
#[derive(Debug)]
pub(super) struct Constant {
    pub(super) rust: &'static str,
    pub(super) expression: String,
}

/// A structure and its layout.
#[derive(Debug)]
pub(super) struct Structure {
    pub(super) rust: &'static str,
    pub(super) size: usize,
    pub(super) align: usize,
    pub(super) fields: Vec<Field>,
}

/// A field of a structure.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) offset: usize,
    pub(super) size: usize,
}

/// The C type of a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) scalar: &'static str,
    /// How many of them, if it is an array.
    pub(super) count: Option<usize>,
}

/// An enumeration and its values.
#[derive(Debug)]
pub(super) struct Enumeration {
    pub(super) rust: &'static str,
    pub(super) values: Vec<Value>,
}

/// A value of an enumeration.
#[derive(Debug)]
pub(super) struct Value {
    /// The variant whose documentation describes it.
    pub(super) variant: &'static str,
    pub(super) name: &'static str,
    pub(super) number: i64,
}

/// What is a function in Rust.
#[derive(Debug)]
pub(super) struct Macro {
    /// The function whose documentation describes it, if it is a public one.
    pub(super) rust: Option<&'static str>,
    /// What describes it otherwise.
    pub(super) docs: &'static str,
    pub(super) definition: &'static str,
    /// Expressions with the values that the Rust function gives.
    pub(super) examples: Vec<(String, i64)>,
}

/// A type that a field of a wire structure can have.
trait Wire {
    const KIND: Kind;
}

macro_rules! scalar {
    ($($rust:ty => $c:literal),+ $(,)?) => {
        $(impl Wire for $rust {
            const KIND: Kind = Kind { scalar: $c, count: None };
        })+
    };
}

scalar! {
    i8 => "__s8",
    u8 => "__u8",
    i16 => "__s16",
    u16 => "__u16",
    i32 => "__s32",
    u32 => "__u32",
    i64 => "__s64",
    // On 32-bit machines a plain __u64 may have a smaller alignment.
    u64 => "__aligned_u64",
}

impl<T: Wire, const N: usize> Wire for [T; N] {
    const KIND: Kind = Kind {
        scalar: T::KIND.scalar,
        count: Some(N),
    };
}

fn kind<T: Wire>(_: &T) -> Kind {
    T::KIND
}

/// The layout of a structure; leaving a field out does not compile.
macro_rules! structure {
    ($rust:ident { $($field:ident),+ $(,)? }) => {{
        let $rust { $($field),+ } = $rust::default();
        Item::Structure(Structure {
            rust: stringify!($rust),
            size: size_of::<$rust>(),
            align: align_of::<$rust>(),
            fields: vec![$(Field {
                name: stringify!($field),
                kind: kind(&$field),
                offset: offset_of!($rust, $field),
                size: size_of_val(&$field),
            }),+],
        })
    }};
}

/// The values of an enumeration; leaving a variant out does not compile.
macro_rules! enumeration {
    ($rust:ident { $($variant:ident),+ $(,)? }) => {{
        let _all = |value: $rust| match value {
            $($rust::$variant => (),)+
        };
        Item::Enumeration(Enumeration {
            rust: stringify!($rust),
            values: vec![$(Value {
                variant: stringify!($variant),
                name: stringify!($variant),
                number: $rust::$variant as i64,
            }),+],
        })
    }};
}

/// A constant, its name taken from the Rust one.
macro_rules! constant {
    ($rust:ident, $($format:tt)+) => {
        Item::Constant(Constant {
            rust: stringify!($rust),
            expression: format!($($format)+, $rust),
        })
    };
}

/// The whole header.
pub(super) fn sections() -> Vec<Section> {
    vec![
        device(),
        run(),
        list(),
        entry(),
        built_in(),
        results(),
        syslet(),
    ]
}

fn device() -> Section {
    Section {
        heading: "The device",
        items: vec![
            constant!(ABI_VERSION, "{}"),
            constant!(DEVICE_NAME, "{:?}"),
            constant!(DEVICE_PATH, "{:?}"),
            constant!(RUN_REQUEST, "{:#X}U"),
            constant!(LIST_REQUEST, "{:#X}U"),
            structure!(Info {
                size,
                abi_version,
                run_size,
                reserved,
                formats,
            }),
        ],
    }
}

fn run() -> Section {
    Section {
        heading: "The run header",
        items: vec![
            constant!(RUN_SIZE, "{}"),
            enumeration!(Format {
                Native,
                Supersyscall,
                SysBatch,
                Pointers,
                Syslet,
            }),
            constant!(FLAG_CONTINUE_ON_FAILURE, "{:#x}U"),
            constant!(FLAG_STOP_ON_FAILURE, "{:#x}U"),
            constant!(FLAG_FIRST_TRY, "{:#x}U"),
            constant!(SCRATCH_SIZE, "{}"),
            constant!(FORMATS, "{:#x}ULL"),
            enumeration!(Status {
                None,
                Done,
                Exit,
                OutOfFuel,
                Punt,
                Interrupted,
                Refused,
                Unstored,
                Trapped,
            }),
            enumeration!(Resume {
                Fresh,
                RestartBlock,
            }),
            enumeration!(PuntReason {
                Call,
                Watched,
                Off,
                WouldWait
            }),
            structure!(Run {
                size,
                format,
                flags,
                status,
                program,
                len,
                results,
                results_len,
                pc,
                fuel,
                steps,
                value,
                resume,
                reason,
                scratch,
            }),
        ],
    }
}

fn list() -> Section {
    Section {
        heading: "Many batches in one crossing",
        items: vec![
            constant!(LIST_SIZE, "{}"),
            structure!(List {
                size,
                flags,
                headers,
                len,
                next,
            }),
        ],
    }
}

fn syslet() -> Section {
    Section {
        heading: "Atoms of syslets",
        items: vec![
            constant!(SYSLET_ASYNC, "{:#x}"),
            constant!(SYSLET_SYNC, "{:#x}"),
            constant!(SYSLET_NO_COMPLETE, "{:#x}"),
            constant!(SYSLET_STOP_ON_NONZERO, "{:#x}"),
            constant!(SYSLET_STOP_ON_ZERO, "{:#x}"),
            constant!(SYSLET_STOP_ON_NEGATIVE, "{:#x}"),
            constant!(SYSLET_STOP_ON_NON_POSITIVE, "{:#x}"),
            constant!(SYSLET_SKIP_TO_NEXT_ON_STOP, "{:#x}"),
            constant!(SYSLET_FLAGS, "{:#x}"),
            constant!(SYSLET_NR_UMEM_ADD, "{:#x}ULL"),
        ],
    }
}

fn entry() -> Section {
    let mut examples = Vec::new();
    for (mode, name) in [
        (Mode::Immediate, "IMMEDIATE"),
        (Mode::Result, "RESULT"),
        (Mode::Memory, "MEMORY"),
    ] {
        for k in [0, ARGUMENT_COUNT - 1] {
            examples.push((
                format!("SYSBATCH_MODE_BITS({k}, SYSBATCH_MODE_{name})"),
                i64::from(mode.bits(k)),
            ));
        }
    }
    Section {
        heading: "The entry of the native encoding",
        items: vec![
            constant!(ENTRY_SIZE, "{}"),
            constant!(ARGUMENT_COUNT, "{}"),
            constant!(DST_OWN_INDEX, "{:#X}"),
            // INT16_MIN has no literal of its own in C.
            Item::Constant(Constant {
                rust: "JUMP_EXIT",
                expression: format!("({} - 1)", JUMP_EXIT + 1),
            }),
            constant!(ENTRY_REPEAT, "{:#x}"),
            constant!(ENTRY_FLAGS, "{:#x}"),
            constant!(MODES_USED, "{:#x}"),
            enumeration!(Mode {
                Immediate,
                Result,
                Memory,
            }),
            Item::Macro(Macro {
                rust: None,
                docs: "A mode as the bits of argument k in a modes word.",
                definition: "#define SYSBATCH_MODE_BITS(k, mode) ((mode) << (2 * (k)))",
                examples,
            }),
            structure!(Entry {
                nr,
                modes,
                dst,
                on_neg,
                on_zero,
                on_pos,
                flags,
                args,
            }),
            structure!(Repeat {
                chain,
                length,
                advance,
                stop,
                stride,
            }),
        ],
    }
}

fn built_in() -> Section {
    let values = BuiltIn::ALL
        .into_iter()
        .map(|builtin| Value {
            variant: variant(builtin),
            name: builtin.name(),
            number: builtin.number().into(),
        })
        .collect();
    Section {
        heading: "Built-in operations",
        items: vec![Item::Enumeration(Enumeration {
            rust: "BuiltIn",
            values,
        })],
    }
}

/// The variant that documents a built-in; those that differ only in their
/// width share one.
fn variant(builtin: BuiltIn) -> &'static str {
    match builtin {
        BuiltIn::Set => "Set",
        BuiltIn::Copy => "Copy",
        BuiltIn::Load(Width::One | Width::Two | Width::Four | Width::Eight) => "Load",
        BuiltIn::Store(Width::One | Width::Two | Width::Four | Width::Eight) => "Store",
        BuiltIn::Add => "Add",
        BuiltIn::Sub => "Sub",
        BuiltIn::And => "And",
        BuiltIn::Or => "Or",
        BuiltIn::Xor => "Xor",
        BuiltIn::Shl => "Shl",
        BuiltIn::Shr => "Shr",
        BuiltIn::Mul => "Mul",
        BuiltIn::UserMemoryAdd => "UserMemoryAdd",
    }
}

fn results() -> Section {
    let examples = [0, 1, -1, -MAX_ERRNO, -MAX_ERRNO - 1, MAX_ERRNO]
        .into_iter()
        .map(|result| {
            (
                format!("SYSBATCH_IS_ERRNO({result})"),
                sysbatch_abi::is_errno(result).into(),
            )
        })
        .collect();
    Section {
        heading: "Results",
        items: vec![
            constant!(MAX_ERRNO, "{}"),
            Item::Macro(Macro {
                rust: Some("is_errno"),
                docs: "",
                definition: "\
#define SYSBATCH_IS_ERRNO(result) \\
\t((result) < 0 && (result) >= -SYSBATCH_MAX_ERRNO)",
                examples,
            }),
        ],
    }
}
