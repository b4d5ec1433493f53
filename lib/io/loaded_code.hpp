#pragma once

namespace ipop::io {

/// Takes the code and constants of this process and its libraries out of its resident memory; what runs again is read
/// back from the kernel's cache of the files, page by page.
///
/// For a program that needs much code once, to begin. Nothing is written, and what a page that was ever changed holds
/// stays: only segments that are mapped without the right to write are dropped.
void drop_code_pages();

}  // namespace ipop::io
