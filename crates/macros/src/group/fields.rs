//! Fields of what is known of a file.

use proc_macro2::Ident;
use quote::quote;
use syn::{Expr, ExprField, Member};

use super::buffers::used;
use super::numbers::{Number, Of, Size};
use super::{Group, Kind};
use crate::ir::{Action, Operand};
use crate::known::Width;
use crate::pure::Reason;

const U64: Of = Of::Width(Width::U64);
const I64: Of = Of::Width(Width::I64);

/// The fields of `Stat` that have the same type on all processors, and `st_nlink`.
const STAT: &[(&str, Of)] = &[
    ("st_dev", U64),
    ("st_ino", U64),
    ("st_mode", Of::U32),
    ("st_nlink", Of::Links),
    ("st_uid", Of::U32),
    ("st_gid", Of::U32),
    ("st_rdev", U64),
    ("st_size", I64),
    ("st_blocks", I64),
    ("st_atime", I64),
    ("st_atime_nsec", U64),
    ("st_mtime", I64),
    ("st_mtime_nsec", U64),
    ("st_ctime", I64),
    ("st_ctime_nsec", U64),
];

/// Those of `Statx` that are numbers.
const STATX: &[(&str, Of)] = &[
    ("stx_mask", Of::U32),
    ("stx_blksize", Of::U32),
    ("stx_nlink", Of::U32),
    ("stx_uid", Of::U32),
    ("stx_gid", Of::U32),
    ("stx_mode", Of::U16),
    ("stx_ino", U64),
    ("stx_size", U64),
    ("stx_blocks", U64),
    ("stx_rdev_major", Of::U32),
    ("stx_rdev_minor", Of::U32),
    ("stx_dev_major", Of::U32),
    ("stx_dev_minor", Of::U32),
    ("stx_mnt_id", U64),
];

/// Those of the structures in `Statx` for times.
const TIMES: &[&str] = &["stx_atime", "stx_btime", "stx_ctime", "stx_mtime"];
const TIME: &[(&str, Of)] = &[("tv_sec", I64), ("tv_nsec", Of::U32)];

/// The type of a field, if it is known.
fn of(is_statx: bool, members: &[Ident]) -> Option<Of> {
    let (table, name) = match members {
        [name] if is_statx => (STATX, name),
        [name] => (STAT, name),
        [time, name] if is_statx && TIMES.iter().any(|known| time == known) => (TIME, name),
        _ => return None,
    };
    let (_, of) = table.iter().find(|(known, _)| name == known)?;
    Some(of.clone())
}

impl Group {
    /// A field of what a call has found out.
    pub(super) fn field(
        &mut self,
        expr: &Expr,
        field: &ExprField,
    ) -> Result<Option<Number>, Reason> {
        let mut members = Vec::new();
        let mut at = field;
        let name = loop {
            let Member::Named(member) = &at.member else {
                return Ok(None);
            };
            members.insert(0, member.clone());
            match &*at.base {
                Expr::Field(base) => at = base,
                Expr::Path(path) => break path.path.get_ident(),
                _ => return Ok(None),
            }
        };
        let Some(variable) = name.and_then(|name| self.variable(name)) else {
            return Ok(None);
        };
        let (room, structure, is_statx) = match &variable.kind {
            Kind::Stat(room) => (room.clone(), quote!(Stat), false),
            Kind::Statx(room) => (room.clone(), quote!(Statx), true),
            Kind::Element(_) => return Ok(None),
            _ => return Err(used(expr, &variable.name.to_string())),
        };
        let Some(of) = of(is_statx, &members) else {
            return Err(Reason::new(
                expr,
                "of what is known of a file a batch can have the fields that are numbers, and of \
                 the same type on all processors",
            ));
        };
        let address = self.value(quote!(#room.address()));
        let offset = self.value(quote!(
            ::core::mem::offset_of!(::sysbatch::__private::#structure, #(#members).*)
                as ::core::primitive::u64
        ));
        let name = of.tokens();
        let width = self.numbered(quote!(::core::mem::size_of::<#name>()));
        let slot = self
            .assembly
            .operation(Action::Load(width), [address, offset]);
        Ok(Some(Number {
            operand: Operand::Slot(slot),
            size: match of {
                Of::U32 | Of::U16 => Size::Small,
                _ => Size::Any,
            },
            of: Some(of),
        }))
    }
}
