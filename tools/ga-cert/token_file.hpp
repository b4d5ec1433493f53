#pragma once

#include <optional>
#include <string>

#include "authority/enrolment_token.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

/// The enrolment token in a file, or in stdin for "-"; none when `path` is empty. Its mode is not looked at:
/// a token comes on a medium that has none. Errors: errno, too_large, those of parse_enrolment_token.
Result<std::optional<authority::EnrolmentToken>> read_token_file(const Context& context, const std::string& path);
/// Reports why there is none: `bad_config` for a token that is damaged, else as report().
cli::ExitStatus report_token(const Context& context, const Error& error);

}  // namespace ipop::ga_cert
