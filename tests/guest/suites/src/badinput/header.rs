//! The run header.

use rustix::io::Errno;
use rustix::mm::MprotectFlags;
use sysbatch::abi::{BuiltIn, Run, Status, Width};
use sysbatch_reference::{built_in, header_words};

use super::NOWHERE;
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, at, imm, set};
use crate::pages::{PAGE, Pages};

cases! {
    both header_at_no_address;
    both header_misaligned;
    both header_across_unmapped;
    both header_size_too_small;
    both header_larger_with_zeros;
    both header_larger_with_more;
    both header_larger_than_a_page;
    both header_tail_unmapped;
    both header_fields_out_of_range;
    both header_refused_is_untouched;
    both header_read_only;
    both header_half_read_only;
}

/// The bytes of a header.
fn bytes(run: &Run) -> Vec<u8> {
    header_words(run)
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect()
}

fn header_at_no_address(lab: &mut Lab) {
    for address in NOWHERE {
        assert_eq!(lab.enter_at(address), Err(Errno::FAULT), "{address:#x}");
    }
    let pages = Pages::new(1);
    pages.unmap(0);
    assert_eq!(lab.enter_at(pages.address()), Err(Errno::FAULT));
}

fn header_misaligned(lab: &mut Lab) {
    let batch = Batch::new([set(1)]);
    let pages = Pages::new(1);
    for offset in 1..8 {
        pages.write(offset, &bytes(&batch.run));
        let entered = lab.enter_at(pages.address() + crate::lab::to_u64(offset));
        assert_eq!(entered, Err(Errno::INVAL));
    }
    assert_eq!(lab.enter_at(u64::MAX), Err(Errno::INVAL));
    assert_eq!(batch.results, [UNWRITTEN]);
}

fn header_across_unmapped(lab: &mut Lab) {
    let batch = Batch::new([set(1)]);
    for mapped in [8, 16, 48, 88] {
        let pages = Pages::new(1);
        pages.write(PAGE - mapped, &bytes(&batch.run)[..mapped]);
        let address = pages.end() - crate::lab::to_u64(mapped);
        assert_eq!(
            lab.enter_at(address),
            Err(Errno::FAULT),
            "{mapped} bytes are mapped"
        );
    }
    assert_eq!(batch.results, [UNWRITTEN]);
}

/// Enters with a header whose stated size is `size`, with `tail` bytes
/// behind it.
fn with_size(lab: &mut Lab, size: u32, tail: &[u8]) -> (Result<(), Errno>, i64) {
    let mut batch = Batch::new([set(42)]);
    batch.run.size = size;
    let pages = Pages::new(3);
    pages.write(0, &bytes(&batch.run));
    pages.write(96, tail);
    let entered = lab.enter_at(pages.address());
    (entered, batch.results[0])
}

fn header_size_too_small(lab: &mut Lab) {
    for size in [0, 1, 95] {
        assert_eq!(with_size(lab, size, &[]), (Err(Errno::INVAL), UNWRITTEN));
    }
}

fn header_larger_with_zeros(lab: &mut Lab) {
    for size in [97, 104, 200, 4096] {
        assert_eq!(with_size(lab, size, &[]), (Ok(()), 42));
    }
    // Just behind the stated size anything may be.
    assert_eq!(with_size(lab, 100, &[0, 0, 0, 0, 1]), (Ok(()), 42));
}

fn header_larger_with_more(lab: &mut Lab) {
    let mut last = vec![0; 4000];
    last[3999] = 1;
    for (size, tail) in [
        (97, &[1][..]),
        (104, &[0, 0, 0, 0, 0, 0, 0, 0x80]),
        (4096, &last),
    ] {
        assert_eq!(with_size(lab, size, tail), (Err(Errno::TOOBIG), UNWRITTEN));
    }
}

fn header_larger_than_a_page(lab: &mut Lab) {
    for size in [4097, 8192, u32::MAX] {
        assert_eq!(with_size(lab, size, &[]), (Err(Errno::TOOBIG), UNWRITTEN));
    }
}

fn header_tail_unmapped(lab: &mut Lab) {
    let mut batch = Batch::new([set(42)]);
    batch.run.size = 104;
    let pages = Pages::new(1);
    pages.write(PAGE - 96, &bytes(&batch.run));
    assert_eq!(lab.enter_at(pages.end() - 96), Err(Errno::FAULT));
    assert_eq!(batch.results, [UNWRITTEN]);
}

fn header_fields_out_of_range(lab: &mut Lab) {
    let changes: [fn(&mut Run); 16] = [
        |run| run.format = 0,
        |run| run.format = 0x4000_0000,
        |run| run.format = u32::MAX,
        |run| run.flags = 1,
        |run| run.flags = 1 << 31,
        |run| run.scratch = 1,
        |run| run.scratch = 1 << 63,
        |run| run.pc = 2,
        |run| run.pc = u64::MAX,
        |run| run.resume = 2,
        |run| run.resume = u32::MAX,
        |run| run.program += 4,
        |run| run.program += 1,
        |run| run.results += 4,
        |run| run.results += 1,
        |run| run.size = 0,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut batch = Batch::new([set(1)]);
        change(&mut batch.run);
        assert_eq!(
            lab.run_header(&mut batch.run),
            Err(Errno::INVAL),
            "change {index}"
        );
        assert_eq!(
            batch.status(),
            Some(Status::None),
            "the header itself is refused"
        );
        assert_eq!(batch.results, [UNWRITTEN]);
    }
}

fn header_refused_is_untouched(lab: &mut Lab) {
    let mut batch = Batch::new([set(1)]);
    batch.run.flags = 1;
    batch.run.status = 0x1234_5678;
    batch.run.value = -5;
    batch.run.reason = 77;
    let pages = Pages::new(1);
    let before = bytes(&batch.run);
    pages.write(0, &before);
    assert_eq!(lab.enter_at(pages.address()), Err(Errno::INVAL));
    assert_eq!(pages.read(0, before.len()), before);
}

fn header_read_only(lab: &mut Lab) {
    let batch = Batch::new([set(42)]);
    let pages = Pages::new(1);
    let before = bytes(&batch.run);
    pages.write(0, &before);
    pages.protect(0, 1, MprotectFlags::READ);
    assert_eq!(lab.enter_at(pages.address()), Err(Errno::FAULT));
    assert_eq!(batch.results, [42], "the batch has run");
    assert_eq!(pages.read(0, before.len()), before);
}

fn header_half_read_only(lab: &mut Lab) {
    // The size is in the page that can be written, pc and the rest are not.
    let pages = Pages::new(2);
    let mut mark = [0_u64; 1];
    let store = [at(crate::lab::address_of_mut(&mut mark)), imm(0), imm(7)];
    let mut batch = Batch::new([built_in(BuiltIn::Store(Width::Eight), &store)]);
    batch.prepare();
    pages.write(PAGE - 48, &bytes(&batch.run));
    pages.protect(1, 1, MprotectFlags::READ);
    assert_eq!(lab.enter_at(pages.address() + 4096 - 48), Err(Errno::FAULT));
    assert_eq!(mark, [7]);
    assert_eq!(pages.word(PAGE), 0, "pc is as it was");
}
