//! What `combine` cannot do is said in words, at the line that it is about.
//!
//! `TRYBUILD=overwrite` writes the messages again.

#[test]
fn errors_point_at_the_line() {
    trybuild::TestCases::new().compile_fail("tests/combine_errors/*.rs");
}
