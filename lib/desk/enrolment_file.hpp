#pragma once

#include <optional>
#include <string>

#include "authority/enrolment_record.hpp"
#include "base/result.hpp"

namespace ipop::desk {

/// The record beside a group's file. None: this machine asks for nothing there. Errors: errno, malformed.
Result<std::optional<authority::EnrolmentRecord>> load_enrolment(const std::string& group_file);

/// Everybody on the machine may read it. Errors: errno.
Result<void> keep_enrolment(const std::string& group_file, const authority::EnrolmentRecord& record);

/// The certificate is there, or nobody wants it any more. Errors: errno; nothing to remove is none.
Result<void> forget_enrolment(const std::string& group_file);

}  // namespace ipop::desk
