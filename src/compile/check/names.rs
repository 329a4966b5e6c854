//! How long a package's name may be.

use super::{Problem, part, problem};
use crate::schema::File;

const MAX_LENGTH: usize = 512;
const MAX_DOTS: usize = 101;

pub(super) fn check(file: File<'_>, problems: &mut Vec<Problem>) {
    let package = file.package();
    if package.len() > MAX_LENGTH {
        let message = format!("the name of a package has at most {MAX_LENGTH} characters");
        problems.push(problem(file.spot(), &[part::FILE_PACKAGE], message));
    } else if package.len() > MAX_DOTS && package.matches('.').count() > MAX_DOTS {
        let message = format!("the name of a package has at most {MAX_DOTS} dots");
        problems.push(problem(file.spot(), &[part::FILE_PACKAGE], message));
    }
}
