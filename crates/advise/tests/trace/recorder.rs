//! Keeps what is told.

use std::collections::{BTreeMap, BTreeSet};

use sysbatch_advise::{Call, Frame, Object, Observer, Thread};

/// A call as it was told.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) thread: Thread,
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
    pub(crate) result: i64,
    pub(crate) texts: Vec<String>,
    pub(crate) written: Vec<u8>,
    pub(crate) constant: [bool; 6],
    pub(crate) stack: Vec<Frame>,
}

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) calls: Vec<Recorded>,
    pub(crate) started: Vec<Vec<String>>,
    pub(crate) ended: BTreeSet<Thread>,
    pub(crate) objects: BTreeMap<Object, String>,
}

impl Recorder {
    /// The calls of a number.
    pub(crate) fn of(&self, number: i64) -> impl Iterator<Item = &Recorded> {
        self.calls.iter().filter(move |call| call.number == number)
    }

    /// The calls of a number with this text.
    pub(crate) fn with(&self, number: i64, text: &str) -> Vec<&Recorded> {
        let has = |call: &&Recorded| call.texts.iter().any(|one| one == text);
        self.of(number).filter(has).collect()
    }
}

impl Observer for Recorder {
    fn object(&mut self, object: Object, path: &str) {
        assert!(self.objects.insert(object, path.to_owned()).is_none());
    }

    fn started(&mut self, _: Thread, arguments: &[Vec<u8>]) {
        let words = arguments.iter();
        let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
        self.started.push(words.collect());
    }

    fn called(&mut self, call: &Call<'_>) {
        for frame in call.stack {
            assert!(self.objects.contains_key(&frame.object), "{frame:?}");
        }
        let texts = call.texts.iter();
        self.calls.push(Recorded {
            thread: call.thread,
            number: call.number.into(),
            arguments: call.arguments,
            result: call.result,
            texts: texts
                .map(|text| String::from_utf8_lossy(&text.bytes).into_owned())
                .collect(),
            written: call.written.to_vec(),
            constant: call.constant,
            stack: call.stack.to_vec(),
        });
    }

    fn ended(&mut self, thread: Thread) {
        self.ended.insert(thread);
    }
}
