use std::time::Duration;

use syscalls::Sysno;

use super::trace::*;
use super::*;

/// The function that the calls are in, and `main`.
fn here(within: u64) -> [(u64, u64); 2] {
    [(0x4000, within), (0x100, 0x10)]
}

/// The lengths of the sequences of all rows, and how many there are of each.
fn lengths(found: &Found) -> Vec<(usize, u64)> {
    let mut all: Vec<_> = found.rows.iter().flat_map(Row::by_length).collect();
    all.sort_unstable();
    all
}

fn only(found: &Found) -> &Row {
    let [row] = &found.rows[..] else {
        panic!("{found:?}");
    };
    row
}

/// Where the function of a row begins.
fn function(row: &Row) -> Option<u64> {
    row.frames.first().map(|frame| frame.function)
}

/// Opens, asks for the size, reads and closes.
fn file(path: &str, size: u64) -> Vec<Made> {
    vec![
        openat(path, 3).at(&here(1)),
        fstat(3, size).at(&here(2)),
        read(3, size, size as i64).at(&here(3)),
        close(3).at(&here(4)),
    ]
}

#[test]
fn a_chain_in_one_function_is_one_row_however_often() {
    let calls =
        (0..1000).flat_map(|file_number| file(&format!("file {file_number}"), 4000 + file_number));
    let found = found(calls);
    assert_eq!((found.calls, found.alone), (4000, 0));
    let row = only(&found);
    assert_eq!(row.by_length(), [(4, 1000)]);
    assert_eq!(row.shows(Evidence::Size), 1000);
    assert_eq!(row.ended(Cut::Text), 999);
    assert_eq!(function(row), Some(0x4000));
}

#[test]
fn a_length_that_nothing_tells_is_not_known() {
    let mut calls = file("a", 4000);
    calls.extend(file("b", 5000));
    // As if it read what the contents of the file say, and not its size.
    calls[2] = read(3, 17, 17).at(&here(3));
    calls[6] = read(3, 18, 18).at(&here(3));
    let found = found(calls);
    assert_eq!(lengths(&found), [(2, 4)]);
    assert_eq!(only(&found).ended(Cut::Number), 2);
}

#[test]
fn names_of_a_directory_that_was_read_before_are_known() {
    let names: Vec<_> = (0..600).map(|name| format!("f{name}")).collect();
    let all: Vec<_> = names.iter().map(String::as_str).collect();
    let mut calls = vec![getdents(3, &all).at(&[(0x100, 0x20)]), wait()];
    calls.extend(
        names
            .iter()
            .map(|name| statx(&format!("d/{name}")).at(&here(1))),
    );
    // The directory is known, as another name in it was used.
    calls.insert(0, openat("d", 3).at(&[(0x100, 0x30)]));
    let found = found(calls);
    let row = found
        .rows
        .iter()
        .find(|row| row.shows(Evidence::Directory) > 0);
    let row = row.expect("a row");
    assert_eq!(row.by_length(), [(88, 1), (256, 2)]);
    assert_eq!(row.shows(Evidence::Directory), 597);
    assert_eq!(row.ended(Cut::Full), 2);
}

fn wait() -> Made {
    call(Sysno::nanosleep, [0x7fff_0000, 0], 0).at(&here(9))
}

#[test]
fn names_that_nothing_shows_are_not_known() {
    let calls = (0..100).map(|name| statx(&format!("f{name}")).at(&here(1)));
    let found = found(calls);
    assert_eq!((found.calls, found.alone), (100, 100));
    assert_eq!(found.rows, []);
}

#[test]
fn names_of_the_directory_that_a_sequence_reads_are_a_loop_of_its_own() {
    let walk = |directory: &str, names: [&str; 3]| {
        let mut calls = vec![
            openat(directory, 3).at(&here(1)),
            fstat(3, 4096).at(&here(2)),
            getdents(3, &names).at(&here(3)),
            getdents(3, &[]).at(&here(3)),
        ];
        let paths = names.map(|name| format!("{directory}/{name}"));
        calls.extend(paths.map(|path| statx(&path).at(&here(4))));
        calls.push(close(3).at(&here(5)));
        calls
    };
    // The first time nothing shows that the numbers are the same each time.
    let first = walk("d", ["a", "b", "c"]).into_iter().chain([wait()]);
    let found = found(first.chain(walk("e", ["x", "y", "z"])));
    let row = only(&found);
    assert!(row.by_length().contains(&(8, 1)), "{row:?}");
    assert_eq!(row.shows(Evidence::Listing), 3, "{row:?}");
    assert_eq!(row.lengths[&8].directories, 1);
}

#[test]
fn what_a_call_has_told_may_be_in_the_path_of_the_next_one() {
    // A file of names, each of which is opened.
    let calls = (0..50).flat_map(|line| {
        let name = format!("name {line}");
        [
            read(3, 100, 100).at(&here(1)),
            openat(&name, 4).at(&here(2)),
            close(4).at(&here(3)),
        ]
    });
    let found = found(calls);
    // The path ends each; what is read next is known.
    assert_eq!(lengths(&found), [(2, 1), (3, 49)]);
    assert_eq!(only(&found).ended(Cut::Text), 49);
}

#[test]
fn as_long_as_nothing_is_told_everything_is_known() {
    // As `tar` does that unpacks.
    let calls = (0..20).flat_map(|name| {
        let buffer = 0x9000_0000 + name * 512;
        [
            openat(&format!("new {name}"), 5).at(&here(1)),
            write(5, buffer, 100 + name).at(&here(2)),
            call(Sysno::fchmod, [5, 0o600 + name], 0).at(&here(3)),
            close(5).at(&here(4)),
        ]
    });
    let found = found(calls);
    assert_eq!(lengths(&found), [(80, 1)]);
    // The descriptor is one that the sequence has opened; the rest is Untold.
    assert_eq!(only(&found).shows(Evidence::Result), 60);
}

#[test]
fn a_write_that_was_short_tells_something() {
    let short = call(Sysno::write, [5, 0x9000_0000, 100], 50).at(&here(1));
    let rest = call(Sysno::write, [5, 0x9000_1000, 77], 77).at(&here(1));
    assert_eq!(found([short, rest]).rows, []);
    // What is left of the same buffer is the rest.
    let short = call(Sysno::write, [5, 0x6000_0000, 100], 60).at(&here(1));
    let rest = call(Sysno::write, [5, 0x6000_003c, 40], 40).at(&here(1));
    let found = found([read(4, 100, 100).at(&here(2)), short, rest]);
    assert_eq!(lengths(&found), [(3, 1)]);
    assert_eq!(only(&found).shows(Evidence::Rest), 1);
}

#[test]
fn copying_is_a_loop() {
    let calls = (0..10).flat_map(|_| {
        [
            read(3, 4096, 4096).at(&here(1)),
            write(4, 0x6000_0000, 4096).at(&here(2)),
        ]
    });
    let found = found(calls);
    assert_eq!(lengths(&found), [(20, 1)]);
    assert_eq!(only(&found).shows(Evidence::Data), 10);
    assert!(only(&found).shows(Evidence::Result) > 0);
}

#[test]
fn what_is_written_from_elsewhere_may_depend_on_what_was_read() {
    let calls = (0..10).flat_map(|_| {
        [
            read(3, 4096, 4096).at(&here(1)),
            write(4, 0x8000_0000, 4096).at(&here(2)),
        ]
    });
    let found = found(calls);
    // The write begins a sequence, and the next read is in it.
    assert_eq!(lengths(&found), [(2, 9)]);
    assert_eq!(only(&found).ended(Cut::Data), 9);
}

#[test]
fn what_cannot_be_written_was_known() {
    let calls = |is_constant| {
        ["a", "b", "c", "d"].map(|name| {
            let stat = statx(name).at(&here(1));
            if is_constant { stat.constant(1) } else { stat }
        })
    };
    assert_eq!(found(calls(false)).rows, []);
    assert_eq!(lengths(&found(calls(true))), [(4, 1)]);
    // How much is written is a constant from the second time on.
    let header = write(4, 0x8000_0000, 12).at(&here(1)).constant(1);
    let read = read(3, 100, 100).at(&here(2));
    let found = found([&read, &header, &read, &header].map(Clone::clone));
    assert_eq!(lengths(&found), [(3, 1)]);
}

#[test]
fn waiting_ends_a_sequence() {
    let close = |descriptor| close(descriptor).at(&here(1));
    let found_with =
        |between: Made| lengths(&found([close(3), close(4), between, close(5), close(6)]));
    let poll = call(Sysno::ppoll, [0x7fff_0000, 1, 0, 0, 0], 1).at(&here(2));
    assert_eq!(found_with(poll), [(2, 2)]);
    let slow = read(0, 10, 10).at(&here(2)).took(Duration::from_millis(2));
    assert_eq!(found_with(slow), [(2, 2)]);
    let preempted = close(9).at(&here(2)).took(Duration::from_millis(2));
    assert_eq!(found_with(preempted), [(5, 1)]);
    let clone = call(Sysno::clone, [0; 5], 77).at(&here(2));
    assert_eq!(found_with(clone), [(2, 2)]);
    let interrupted = call(Sysno::read, [0, 0x6000_0000, 5], -512).at(&here(2));
    assert_eq!(found_with(interrupted), [(2, 2)]);
    let quick = read(0, 10, 0).at(&here(2));
    assert_eq!(found_with(quick), [(5, 1)]);
    let memory = call(Sysno::brk, [0x1234_0000], 0x1234_0000).at(&here(2));
    assert_eq!(found_with(memory), [(4, 1)]);
}

#[test]
fn there_is_a_function_that_a_sequence_is_of() {
    let far: Vec<_> = (0..7).map(|depth| (0x8000 + depth * 0x100, 1)).collect();
    let near = [(0x5000, 1), (0x6000, 1), (0x100, 0x50)];
    let at = |place: &[(u64, u64)]| {
        let mut place = place.to_vec();
        place.push((0x50, 1));
        close(3).at(&place)
    };
    let calls = found([at(&near), at(&near[1..])]);
    assert_eq!(function(only(&calls)), Some(0x6000));
    let calls = found([at(&near), at(&far)]);
    assert_eq!((calls.rows.len(), calls.alone), (0, 2));
    // Another program of which nothing is common.
    let calls = found([close(3).at(&[(1, 1)]), close(4).at(&[(0x900, 1)])]);
    assert_eq!(calls.alone, 2);
}

#[test]
fn without_stacks_there_is_one_row_without_a_place() {
    let calls = (0..10).map(|descriptor| close(descriptor).nowhere());
    let found = found(calls);
    assert_eq!(lengths(&found), [(10, 1)]);
    assert_eq!(only(&found).frames, []);
}

#[test]
fn what_the_c_library_does_by_itself_is_its_own() {
    let inside = |made: Made, within: u64| {
        made.in_library(0x9000 + within)
            .in_library(0x9500)
            .at(&here(1))
    };
    let found = found([
        inside(openat("locale", 3), 0),
        inside(fstat(3, 100), 1),
        inside(close(3), 2),
    ]);
    assert!(only(&found).is_system);
    assert_eq!(function(only(&found)), Some(0x9500));
}

#[test]
fn what_the_c_library_calls_at_the_end_is_elsewhere() {
    let called = |made: Made, functions: &[(u64, u64)]| made.at(functions).in_library(0x9500);
    let calls = (3..9).map(|descriptor| called(close(descriptor), &here(1)));
    let found = found(calls.chain([called(close(1), &[(0x7000, 1)])]));
    assert_eq!((found.alone, only(&found).ended(Cut::Elsewhere)), (1, 1));
    assert_eq!(function(only(&found)), Some(0x4000));
}

#[test]
fn a_wrapper_of_the_c_library_is_of_the_program() {
    let found = found((3..9).map(|descriptor| close(descriptor).in_library(0x9500).at(&here(1))));
    assert!(!only(&found).is_system);
    assert_eq!(function(only(&found)), Some(0x4000));
}

#[test]
fn texts_that_lie_one_behind_the_other_are_likely_a_list() {
    let stat = |name: u64| {
        call(
            Sysno::statx,
            [3, 0x10_0000 + name * 72, 0, 0x7ff, 0x7fff_0000],
            0,
        )
        .text(1, &format!("{name:040}"))
        .at(&here(1))
    };
    let found = found((0..50).map(stat));
    assert_eq!(only(&found).by_length(), [(46, 1)]);
    assert_eq!(only(&found).shows(Evidence::Table), 45);
}

#[test]
fn names_of_the_command_line_are_known() {
    let mut sequences = begin();
    let names = ["program", "one", "two/three", "four"];
    let arguments: Vec<_> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
    sequences.started(thread(1), &arguments);
    for name in &names[1..] {
        make(&mut sequences, thread(1), &statx(name).at(&here(1)));
    }
    let found = sequences.finish();
    assert_eq!(only(&found).by_length(), [(3, 1)]);
    assert_eq!(only(&found).shows(Evidence::CommandLine), 2);
}

#[test]
fn both_ends_of_a_pipe_are_the_sequences_own() {
    let mut pipe = call(Sysno::pipe2, [0x7fff_0000, 0], 0).at(&here(1));
    pipe = pipe.written_pair(7, 8);
    let found = found([pipe, close(8).at(&here(2)), close(7).at(&here(3))]);
    assert_eq!(only(&found).by_length(), [(3, 1)]);
    assert_eq!(only(&found).shows(Evidence::Result), 2);
}

#[test]
fn a_call_that_is_not_known_may_tell_anything() {
    let unknown = |argument| {
        let mut made = call(Sysno::getpid, [argument], 0).at(&here(1));
        made.unknown();
        made
    };
    assert_eq!(found([unknown(1), unknown(2)]).rows, []);
    assert_eq!(lengths(&found([unknown(1), unknown(1)])), [(2, 1)]);
}

#[test]
fn a_thread_that_becomes_another_program_knows_nothing_of_before() {
    let mut sequences = begin();
    let stat = statx("name").at(&here(1));
    for _ in 0..2 {
        make(&mut sequences, thread(1), &stat);
        make(&mut sequences, thread(1), &stat);
        sequences.ended(thread(1));
    }
    make(&mut sequences, thread(1), &stat);
    let found = sequences.finish();
    assert_eq!(only(&found).by_length(), [(2, 2)]);
    assert_eq!((only(&found).ended(Cut::Over), found.alone), (2, 1));
}
