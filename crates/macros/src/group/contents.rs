//! Comparing names of entries and what calls have read with constants.

use syn::{BinOp, Expr, ExprMethodCall, Lit, UnOp, parse_quote};

use super::Group;
use super::directories::NAME;
use crate::ir::{Action, Label, Operand, Target};
use crate::pure::Reason;

/// How long a constant may be.
const LONGEST: usize = 64;

impl Group {
    /// A condition about a name or about memory, if it is one.
    pub(super) fn content_condition(
        &mut self,
        expr: &Expr,
        yes: Label,
        no: Label,
    ) -> Result<bool, Reason> {
        match expr {
            Expr::Binary(binary) => {
                let (yes, no) = match binary.op {
                    BinOp::Eq(_) => (yes, no),
                    BinOp::Ne(_) => (no, yes),
                    _ => return Ok(false),
                };
                self.same_bytes(&binary.left, &binary.right, yes, no)
            }
            Expr::MethodCall(call) if call.method == "starts_with" => {
                self.starts_with(call, yes, no)
            }
            _ => Ok(false),
        }
    }

    fn same_bytes(
        &mut self,
        left: &Expr,
        right: &Expr,
        yes: Label,
        no: Label,
    ) -> Result<bool, Reason> {
        if let (Some(record), Some(text)) = (self.record(left, "file_name"), c_text(right)) {
            self.name_begins(record, &text, true, yes, no);
            return Ok(true);
        }
        if let (Some(record), Some(text)) = (self.name_bytes(left), bytes(right)) {
            check(right, &text)?;
            self.name_begins(record, &text, true, yes, no);
            return Ok(true);
        }
        let (Some(_), Expr::Unary(unary)) = (self.filled(left), right) else {
            return Ok(false);
        };
        let (UnOp::Deref(_), Some(text)) = (unary.op, bytes(&unary.expr)) else {
            return Ok(false);
        };
        check_length(right, &text)?;
        let operands = self.bytes(&parse_quote!(&#left))?;
        let (same, miss) = (Target::Next, Target::To(no));
        self.length(operands[1], &text, [miss, same, miss]);
        self.memory_begins(operands[0], &text, yes, no);
        Ok(true)
    }

    fn starts_with(
        &mut self,
        call: &ExprMethodCall,
        yes: Label,
        no: Label,
    ) -> Result<bool, Reason> {
        let Some(text) = call.args.first().and_then(bytes) else {
            return Ok(false);
        };
        if let Some(record) = self.name_bytes(&call.receiver) {
            check(&call.args, &text)?;
            self.name_begins(record, &text, false, yes, no);
            return Ok(true);
        }
        let memory = &call.receiver;
        if self.filled(memory).is_none() {
            return Ok(false);
        }
        check_length(&call.args, &text)?;
        let operands = self.bytes(&parse_quote!(&#memory))?;
        let (long, short) = (Target::Next, Target::To(no));
        self.length(operands[1], &text, [short, long, long]);
        self.memory_begins(operands[0], &text, yes, no);
        Ok(true)
    }

    /// The record of `entry.file_name().to_bytes()`.
    fn name_bytes(&self, expr: &Expr) -> Option<Operand> {
        match expr {
            Expr::MethodCall(call) if call.method == "to_bytes" && call.args.is_empty() => {
                self.record(&call.receiver, "file_name")
            }
            _ => None,
        }
    }

    /// Compares the name in a record. It is read no further than to its end: what is behind
    /// may be nothing.
    fn name_begins(&mut self, record: Operand, text: &[u8], whole: bool, yes: Label, no: Label) {
        let end = whole.then_some(0);
        let bytes: Vec<u8> = text.iter().copied().chain(end).collect();
        for (at, byte) in bytes.into_iter().enumerate() {
            let place = [record, Operand::Constant(NAME + at as u64)];
            let slot = self.assembly.operation(Action::Load1, place);
            let operands = vec![Operand::Slot(slot), Operand::Constant(byte.into())];
            let miss = Target::To(no);
            self.test(operands, Action::Sub, [miss, Target::Next, miss]);
        }
        self.assembly.jump(Target::To(yes));
    }

    /// Compares a length with that of a constant.
    fn length(&mut self, length: Operand, text: &[u8], targets: [Target; 3]) {
        let wanted = Operand::Constant(text.len() as u64);
        self.test(vec![length, wanted], Action::Sub, targets);
    }

    /// Compares memory that is long enough.
    fn memory_begins(&mut self, address: Operand, text: &[u8], yes: Label, no: Label) {
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let (width, load) = match rest.len() {
                8.. => (8, Action::Load8),
                4.. => (4, Action::Load4),
                2.. => (2, Action::Load2),
                _ => (1, Action::Load1),
            };
            let mut number = [0; 8];
            number[..width].copy_from_slice(&rest[..width]);
            let place = [address, Operand::Constant(at as u64)];
            let slot = self.assembly.operation(load, place);
            let wanted = Operand::Constant(u64::from_le_bytes(number));
            let miss = Target::To(no);
            let operands = vec![Operand::Slot(slot), wanted];
            self.test(operands, Action::Sub, [miss, Target::Next, miss]);
            at += width;
        }
        self.assembly.jump(Target::To(yes));
    }
}

fn check(at: impl quote::ToTokens, text: &[u8]) -> Result<(), Reason> {
    if text.contains(&0) {
        return Err(Reason::new(at, "no name has a zero byte in it"));
    }
    check_length(at, text)
}

fn check_length(at: impl quote::ToTokens, text: &[u8]) -> Result<(), Reason> {
    if text.len() > LONGEST {
        return Err(Reason::new(
            at,
            format!("a batch can compare at most {LONGEST} bytes"),
        ));
    }
    Ok(())
}

/// `b"text"`
fn bytes(expr: &Expr) -> Option<Vec<u8>> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::ByteStr(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// `c"text"`
fn c_text(expr: &Expr) -> Option<Vec<u8>> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::CStr(text) => Some(text.value().into_bytes()).filter(|text| text.len() <= LONGEST),
            _ => None,
        },
        _ => None,
    }
}
