//! Kinds of instructions.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Formatter as _, Instruction,
    InstructionInfoFactory, IntelFormatter, Mnemonic, OpAccess,
};

/// What an instruction does, as far as its cost is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Load,
    Store,
    /// Reads memory and writes it.
    Update,
    /// Pushes to the stack or pops from it.
    Stack,
    ConditionalBranch,
    Jump,
    IndirectBranch,
    Call,
    Return,
    Fence,
    /// Opens or closes access to user memory.
    UserAccess,
    /// Does nothing, or marks a place that may be branched to.
    Nothing,
    /// What only the kernel may do, and ways into it and out of it.
    System,
    /// Works on registers alone.
    Register,
}

impl Kind {
    /// In words, for a table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Load => "loads",
            Self::Store => "stores",
            Self::Update => "loads and stores in one",
            Self::Stack => "pushes and pops",
            Self::ConditionalBranch => "conditional branches",
            Self::Jump => "jumps",
            Self::IndirectBranch => "indirect jumps and calls",
            Self::Call => "calls",
            Self::Return => "returns",
            Self::Fence => "fences",
            Self::UserAccess => "stac, clac",
            Self::Nothing => "nop, endbr64",
            Self::System => "system instructions",
            Self::Register => "registers only",
        }
    }
}

/// A decoded instruction.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    pub(crate) kind: Kind,
    /// As an assembler would take it.
    pub(crate) text: String,
}

/// Decodes the code of a trace.
///
/// # Errors
/// When there is no instruction that a decoder knows.
pub(crate) fn decode(code: &BTreeMap<u64, Vec<u8>>) -> Result<BTreeMap<u64, Decoded>> {
    let mut factory = InstructionInfoFactory::new();
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    let decoded = code.iter().map(|(&address, bytes)| {
        let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
        let instruction = decoder.decode();
        ensure!(
            instruction.code() != Code::INVALID,
            "the bytes {bytes:02x?} at {address:#x} are no instruction"
        );
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        let kind = kind(&instruction, &mut factory);
        Ok((address, Decoded { kind, text }))
    });
    decoded.collect()
}

fn kind(instruction: &Instruction, factory: &mut InstructionInfoFactory) -> Kind {
    match instruction.mnemonic() {
        Mnemonic::Nop | Mnemonic::Endbr64 => return Kind::Nothing,
        Mnemonic::Lfence | Mnemonic::Mfence | Mnemonic::Sfence => return Kind::Fence,
        Mnemonic::Stac | Mnemonic::Clac => return Kind::UserAccess,
        // It calculates an address and reads nothing there.
        Mnemonic::Lea => return Kind::Register,
        Mnemonic::Syscall | Mnemonic::Sysretq => return Kind::System,
        _ => {}
    }
    match instruction.flow_control() {
        FlowControl::Call => return Kind::Call,
        FlowControl::IndirectCall | FlowControl::IndirectBranch => return Kind::IndirectBranch,
        FlowControl::Return if instruction.is_privileged() => return Kind::System,
        FlowControl::Return => return Kind::Return,
        FlowControl::ConditionalBranch => return Kind::ConditionalBranch,
        FlowControl::UnconditionalBranch => return Kind::Jump,
        FlowControl::Next => {}
        FlowControl::Interrupt | FlowControl::XbeginXabortXend | FlowControl::Exception => {
            return Kind::System;
        }
    }
    if instruction.is_privileged() {
        return Kind::System;
    }
    if instruction.is_stack_instruction() {
        return Kind::Stack;
    }
    let (mut reads, mut writes) = (false, false);
    for memory in factory.info(instruction).used_memory() {
        match memory.access() {
            OpAccess::Read | OpAccess::CondRead => reads = true,
            OpAccess::Write | OpAccess::CondWrite => writes = true,
            OpAccess::ReadWrite | OpAccess::ReadCondWrite => (reads, writes) = (true, true),
            OpAccess::None | OpAccess::NoMemAccess => {}
        }
    }
    match (reads, writes) {
        (true, true) => Kind::Update,
        (true, false) => Kind::Load,
        (false, true) => Kind::Store,
        (false, false) => Kind::Register,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, decode};

    #[test]
    fn instructions_have_their_kinds() {
        for (bytes, kind) in [
            (&[0x90][..], Kind::Nothing),
            (&[0xf3, 0x0f, 0x1e, 0xfa], Kind::Nothing),
            (&[0x0f, 0x1f, 0x44, 0x00, 0x00], Kind::Nothing),
            (&[0x48, 0x8b, 0x07], Kind::Load),
            (&[0x48, 0x89, 0x07], Kind::Store),
            (&[0x48, 0x01, 0x07], Kind::Update),
            (&[0x48, 0x3b, 0x07], Kind::Load),
            (&[0x48, 0x01, 0xc8], Kind::Register),
            (&[0x48, 0x8d, 0x47, 0x08], Kind::Register),
            (&[0x55], Kind::Stack),
            (&[0xe8, 0, 0, 0, 0], Kind::Call),
            (&[0xff, 0xd0], Kind::IndirectBranch),
            (&[0xff, 0xe0], Kind::IndirectBranch),
            (&[0xc3], Kind::Return),
            (&[0x74, 0x02], Kind::ConditionalBranch),
            (&[0xeb, 0x02], Kind::Jump),
            (&[0x0f, 0xae, 0xe8], Kind::Fence),
            (&[0x0f, 0x01, 0xcb], Kind::UserAccess),
            (&[0x0f, 0x01, 0xf8], Kind::System),
            (&[0x0f, 0x05], Kind::System),
            (&[0x48, 0x0f, 0x07], Kind::System),
        ] {
            let code = [(0x1000, bytes.to_vec())].into();
            let decoded = decode(&code).expect("it is an instruction");
            assert_eq!(decoded[&0x1000].kind, kind, "{}", decoded[&0x1000].text);
        }
        assert!(decode(&[(0, vec![0x06])].into()).is_err());
    }
}
