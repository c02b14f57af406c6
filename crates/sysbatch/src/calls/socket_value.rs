//! The values of socket options, as `setsockopt` takes them and `getsockopt` gives them: a
//! module for each kind, with the two ways.

use core::time::Duration;

use rustix::io::Errno;
use rustix::net::SocketType;

/// The size of the largest value (`struct timeval`), in bytes.
pub(super) const VALUE_SIZE: usize = 16;

/// As many bytes as a value may have.
type Value = [u8; VALUE_SIZE];

/// The `int` at an index.
fn int(value: &Value, index: usize) -> u32 {
    let (ints, _) = value.as_chunks();
    u32::from_ne_bytes(ints[index])
}

/// An `int`.
pub(super) mod word {
    pub(in super::super) fn encode(value: u32) -> Vec<u8> {
        value.to_ne_bytes().into()
    }

    pub(in super::super) fn decode(value: &super::Value) -> u32 {
        super::int(value, 0)
    }
}

/// An `int` that is 0 or not.
pub(super) mod flag {
    pub(in super::super) fn encode(on: bool) -> Vec<u8> {
        super::word::encode(on.into())
    }

    pub(in super::super) fn decode(value: &super::Value) -> bool {
        super::int(value, 0) != 0
    }
}

/// An `int` that fits a byte.
pub(super) mod byte {
    pub(in super::super) fn encode(value: u8) -> Vec<u8> {
        super::word::encode(value.into())
    }

    pub(in super::super) fn decode(value: &super::Value) -> u8 {
        super::int(value, 0) as u8
    }
}

/// Whole seconds as an `int`, as many as fit.
pub(super) mod seconds {
    use super::Duration;

    pub(in super::super) fn encode(time: Duration) -> Vec<u8> {
        super::word::encode(time.as_secs().min(i32::MAX as u64) as u32)
    }

    pub(in super::super) fn decode(value: &super::Value) -> Duration {
        Duration::from_secs(super::int(value, 0).into())
    }
}

/// A `struct linger`: whether, and how many seconds.
pub(super) mod linger {
    use super::Duration;

    pub(in super::super) fn encode(time: Option<Duration>) -> Vec<u8> {
        let seconds = super::seconds::encode(time.unwrap_or_default());
        [super::flag::encode(time.is_some()), seconds].concat()
    }

    pub(in super::super) fn decode(value: &super::Value) -> Option<Duration> {
        let seconds = Duration::from_secs(super::int(value, 1).into());
        super::flag::decode(value).then_some(seconds)
    }
}

/// A `struct timeval`; zero is for ever, so the shortest time is a microsecond.
pub(super) mod time {
    use super::Duration;

    pub(in super::super) fn encode(time: Option<Duration>) -> Vec<u8> {
        let (seconds, micros) = match time {
            None => (0, 0),
            Some(time) if time < Duration::from_micros(1) => (0, 1),
            Some(time) => (
                i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
                time.subsec_micros().into(),
            ),
        };
        [seconds, micros].map(i64::to_ne_bytes).concat()
    }

    pub(in super::super) fn decode(value: &super::Value) -> Option<Duration> {
        let (longs, _) = value.as_chunks();
        let [seconds, micros] = [longs[0], longs[1]].map(u64::from_ne_bytes);
        let time = Duration::from_secs(seconds) + Duration::from_micros(micros);
        (!time.is_zero()).then_some(time)
    }
}

/// An error number, 0 for none.
pub(super) mod error {
    use super::Errno;

    pub(in super::super) fn encode(error: Option<Errno>) -> Vec<u8> {
        super::word::encode(error.map_or(0, |error| error.raw_os_error().unsigned_abs()))
    }

    pub(in super::super) fn decode(value: &super::Value) -> Option<Errno> {
        let number = super::int(value, 0).cast_signed();
        (number != 0).then(|| Errno::from_raw_os_error(number))
    }
}

/// The kind of a socket.
pub(super) mod kind {
    use super::SocketType;

    pub(in super::super) fn encode(kind: SocketType) -> Vec<u8> {
        super::word::encode(kind.as_raw())
    }

    pub(in super::super) fn decode(value: &super::Value) -> SocketType {
        SocketType::from_raw(super::int(value, 0))
    }
}
