//! The run header: size, reserved parts, refusals that write nothing.

use sysbatch_abi::{FLAG_FIRST_TRY, RUN_SIZE};
use sysbatch_engine::HEADER_SIZE_MAX;
use sysbatch_reference::Memory;

use crate::*;

/// Checks that the header was refused and nothing at all was written.
#[track_caller]
fn assert_header_refused(image: Image, error: Error) {
    let address = image.header;
    assert_header_refused_at(image, address, error);
}

#[track_caller]
fn assert_header_refused_at(image: Image, address: u64, error: Error) {
    let before = image.memory.clone();
    let stopped = image.run_at(address);
    assert_eq!(stopped.outcome, Err(error));
    assert_eq!(stopped.host.memory, before);
    assert!(stopped.host.script.made().is_empty());
}

fn image() -> Image {
    Image::new(&[call(1, &[])])
}

#[test]
fn a_size_below_the_first_version_is_invalid() {
    for size in [0, 1, 8, 95] {
        assert_header_refused(image().with_header(|run| run.size = size), Error::Invalid);
    }
}

/// An image whose header says `size` and is followed by zeros, or by one
/// `byte` at an offset.
fn with_tail(size: u32, tail: Option<(u64, u8)>) -> Image {
    let mut image = image();
    // A memory of its own behind the image, with the header in it.
    let base = image.header;
    let mut memory = Memory::new(base, 3 * 4096);
    for word in 0..(image.data + 128 - base) / 8 {
        memory.set_word(base + 4096 + 8 * word, image.memory.word(base + 8 * word));
    }
    let moved = image.read_header();
    image.memory = memory;
    image.set_header(&sysbatch_abi::Run {
        size,
        program: moved.program + 4096,
        results: moved.results + 4096,
        ..moved
    });
    // The copy of the header is no part of the batch: a tail may cover it.
    for word in 0..u64::try_from(RUN_SIZE).unwrap() / 8 {
        image.memory.set_word(base + 4096 + 8 * word, 0);
    }
    if let Some((offset, byte)) = tail {
        image.memory.set_bytes(base + offset, &[byte]);
    }
    image
}

#[test]
fn a_larger_header_with_zeros_is_welcome() {
    for size in [97, 104, 128, 1000, 4095, 4096] {
        let stopped = with_tail(size, None).run();
        assert_eq!(stopped.outcome, Ok(Status::Done), "{size}");
    }
}

#[test]
fn a_larger_header_with_anything_else_is_too_big() {
    for (size, offset) in [(97, 96), (104, 96), (104, 103), (4096, 96), (4096, 4095)] {
        assert_header_refused(with_tail(size, Some((offset, 0x80))), Error::TooBig);
    }
}

#[test]
fn what_lies_behind_the_stated_size_does_not_matter() {
    let stopped = with_tail(103, Some((103, 1))).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    let stopped = with_tail(96, Some((96, 1))).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
}

#[test]
fn a_header_larger_than_a_page_is_too_big_even_if_zero() {
    assert_eq!(HEADER_SIZE_MAX, 4096);
    for size in [4097, 8192, u32::MAX] {
        assert_header_refused(with_tail(size, None), Error::TooBig);
    }
}

#[test]
fn a_tail_out_of_reach_faults() {
    let mut image = with_tail(200, None);
    image
        .memory
        .set_hole(image.header + 199..image.header + 200);
    assert_header_refused(image, Error::Fault);
}

#[test]
fn a_header_out_of_reach_faults() {
    let end = image().data + 16 * 8 + 64;
    for address in [0, 8, end, 1 << 63, u64::MAX - 7, u64::MAX - 95] {
        assert_header_refused_at(image(), address, Error::Fault);
    }
    for offset in 0..96 {
        let mut image = image();
        image
            .memory
            .set_hole(image.header + offset..image.header + offset + 1);
        assert_header_refused(image, Error::Fault);
    }
}

#[test]
fn a_header_that_wraps_around_faults() {
    let mut image = Image::at_top(&[call(1, &[])], 1);
    let size = sysbatch_reference::header_words(&image.read_header())[0];
    for offset in [7, 15, 87] {
        image.memory.set_word(u64::MAX - offset, size);
        assert_header_refused_at(image.clone(), u64::MAX - offset, Error::Fault);
    }
}

#[test]
fn a_misaligned_header_is_invalid() {
    for offset in 1..8 {
        // A header that would be in order, were it not for its address.
        let mut image = image();
        let words = sysbatch_reference::header_words(&image.read_header());
        let address = image.header - 16 + offset;
        for (at, word) in (address..).step_by(8).zip(words) {
            image.memory.set_word(at, word);
        }
        assert_header_refused_at(image, address, Error::Invalid);
    }
    assert_header_refused_at(image(), u64::MAX, Error::Invalid);
}

#[test]
fn an_unknown_format_is_invalid() {
    for format in [0, 6, 7, u32::MAX] {
        assert_header_refused(
            image().with_header(|run| run.format = format),
            Error::Invalid,
        );
    }
}

#[test]
fn every_flag_and_reserved_bit_is_invalid() {
    for bit in 0..32 {
        assert_header_refused(
            image().with_header(|run| run.flags = 1 << bit),
            Error::Invalid,
        );
    }
    for bit in 0..64 {
        assert_header_refused(
            image().with_header(|run| run.scratch = 1 << bit),
            Error::Invalid,
        );
    }
}

#[test]
fn a_host_that_makes_no_first_try_refuses_the_flag() {
    for scratch in [0, 8] {
        assert_header_refused(
            image().with_header(|run| {
                run.flags = FLAG_FIRST_TRY;
                run.scratch = scratch;
            }),
            Error::Invalid,
        );
    }
}

#[test]
fn an_unknown_resume_is_invalid() {
    for resume in [2, 3, u32::MAX] {
        assert_header_refused(
            image().with_header(|run| run.resume = resume),
            Error::Invalid,
        );
    }
}

#[test]
fn misaligned_program_or_results_are_invalid() {
    for offset in 1..8 {
        assert_header_refused(
            image().with_header(|run| run.program += offset),
            Error::Invalid,
        );
        assert_header_refused(
            image().with_header(|run| run.results += offset),
            Error::Invalid,
        );
    }
}

#[test]
fn a_program_counter_beyond_the_end_is_invalid() {
    for pc in [2, 3, u64::MAX] {
        assert_header_refused(image().with_header(|run| run.pc = pc), Error::Invalid);
    }
}

#[test]
fn the_fields_for_output_may_hold_anything_on_the_way_in() {
    let stopped = image()
        .with_header(|run| {
            run.status = u32::MAX;
            run.reason = u32::MAX;
            run.value = -1;
        })
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.status, Status::Done.raw());
    assert_eq!(stopped.header.reason, 0);
    assert_eq!(stopped.header.value, -1);
}

#[test]
fn the_fields_for_input_are_not_written() {
    let before = image().read_header();
    let after = image().run().header;
    let input = |run: &sysbatch_abi::Run| {
        let head = (run.size, run.format, run.flags);
        (
            head,
            run.program,
            run.len,
            run.results,
            run.results_len,
            run.scratch,
        )
    };
    assert_eq!(input(&before), input(&after));
}

#[test]
fn each_word_of_the_header_is_read_once() {
    let image = image();
    let header = image.header;
    let stopped = image.run();
    let mut reads = [0; 96];
    for access in stopped.host.accesses.iter().filter(|access| !access.store) {
        for byte in access.address..access.address + access.len {
            if let Some(count) = byte
                .checked_sub(header)
                .and_then(|offset| reads.get_mut(usize::try_from(offset).unwrap()))
            {
                *count += 1;
            }
        }
    }
    assert_eq!(reads, [1; 96]);
}

#[test]
fn a_header_that_cannot_be_written_faults_after_the_run() {
    let mut image = image();
    image.memory.set_read_only(image.header..image.header + 96);
    let before = image.read_header();
    let stopped = image.run();
    assert_eq!(stopped.outcome, Err(Error::Fault));
    assert_eq!(stopped.header, before);
    assert_eq!(stopped.host.script.made().len(), 1, "the batch has run");
}

#[test]
fn a_program_cannot_change_its_own_header_while_it_runs() {
    let image = Image::new(&[set(0), set(2)]);
    // Entry 0 sets the fuel to nothing and entry 1 runs all the same.
    let entry = built_in(
        BuiltIn::Store(Width::Eight),
        &[(image.header + 56).into(), 0.into(), 0.into()],
    );
    let mut image = image;
    image
        .memory
        .set_bytes(image.program, &sysbatch_reference::encode(&entry));
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.fuel, 98);
}
