//! A program as text: raw entries of the assembler's language, with the names
//! of calls beside them.

use core::fmt::Write as _;

use sysbatch::abi::{BuiltIn, Entry};
use syscalls::Sysno;

use super::generate::Program;

/// The program's text.
pub(super) fn of(program: &Program) -> String {
    let run = &program.header;
    let mut text = format!(
        "format {}\nfuel {}\nstart {}\nslots {}\n",
        run.format, run.fuel, run.pc, run.results_len
    );
    for entry in &program.entries {
        let Entry {
            nr,
            modes,
            dst,
            on_neg,
            on_zero,
            on_pos,
            flags,
            args,
        } = entry;
        let args = args.map(|arg| format!("{arg:#x}")).join(", ");
        let result = writeln!(
            text,
            "entry nr={nr} modes={modes:#x} dst={dst:#x} on_neg={on_neg} on_zero={on_zero} \
             on_pos={on_pos} flags={flags:#x} args={args}  # {}",
            name(*nr)
        );
        result.expect("text can be written to");
    }
    text
}

fn name(nr: i32) -> &'static str {
    match usize::try_from(nr) {
        Ok(number) => Sysno::new(number).map_or("no call", |call| call.name()),
        Err(_) => BuiltIn::from_number(nr).map_or("no built-in", BuiltIn::name),
    }
}
