use syscalls::Sysno;

use super::*;

fn all() -> Vec<(Sysno, Signature)> {
    let calls = Sysno::iter();
    calls
        .filter_map(|call| Some((call, of(call.id() as u32)?)))
        .collect()
}

#[test]
fn the_calls_that_ordinary_programs_make_are_known() {
    let count = all().len();
    assert!(count >= 180, "{count}");
}

#[test]
fn no_call_has_more_arguments_than_registers() {
    for (call, signature) in all() {
        assert!(signature.arguments.len() <= 6, "{call}");
        if let Tells::Amount(argument) = signature.tells {
            assert_eq!(
                signature.arguments.get(argument),
                Some(&Argument::Number),
                "{call}"
            );
        }
    }
}

#[test]
fn memory_is_written_by_the_result_where_the_result_is_its_length() {
    for (call, signature) in all() {
        let by_result = signature.arguments.contains(&Argument::WrittenByResult);
        if by_result {
            assert_eq!(signature.tells, Tells::Bytes, "{call}");
        }
    }
}

#[test]
fn fcntl_is_several_calls() {
    let fcntl = |command| {
        of_call(Sysno::fcntl as u32, &[3, command, 0x5eed, 0, 0, 0]).expect("a signature")
    };
    assert_eq!(fcntl(1030).tells, Tells::Descriptor);
    assert_eq!(fcntl(3).arguments.len(), 2);
    assert_eq!(fcntl(2).tells, Tells::Done);
    assert_eq!(fcntl(7).kind, Kind::Waits);
}

#[test]
fn a_mapping_of_no_file_arranges_memory() {
    let mmap = |flags| {
        let arguments = [0, 4096, 3, flags, u64::MAX, 0];
        of_call(Sysno::mmap as u32, &arguments).expect("a signature")
    };
    assert_eq!(mmap(0x22).kind, Kind::Arranges);
    assert_eq!(mmap(0x02).kind, Kind::Works);
}

#[test]
fn the_mode_counts_where_a_file_may_be_created() {
    let openat = |flags| {
        let arguments = [3, 0x1000, flags, 0o600, 0, 0];
        of_call(Sysno::openat as u32, &arguments).expect("a signature")
    };
    assert_eq!(openat(0).arguments.len(), 3);
    assert_eq!(openat(0o200_000).arguments.len(), 3);
    assert_eq!(openat(0o101).arguments.len(), 4);
    assert_eq!(openat(0o20_200_002).arguments.len(), 4);
}

#[test]
fn a_call_that_is_not_known_has_no_signature_but_a_name() {
    assert_eq!(of(1_000_000), None);
    assert_eq!(Name(1_000_000).to_string(), "call 1000000");
    assert_eq!(Name(Sysno::read as u32).to_string(), "read");
}
