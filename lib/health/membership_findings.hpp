#pragma once

#include <vector>

#include "health/findings.hpp"

// Who is a member: this machine's certificate, its way to one, and the authority that it may be.

namespace ipop::health {

/// Of a node of a closed group.
Finding of_certificate(const Facts& facts, const node::StatusAnswer& status);
/// Of a machine that asks to become a member.
Finding of_enrolment(const Facts& facts, const EnrolmentFact& enrolment);
/// Of a machine that is the group's authority, or was it. Empty: it is not.
std::vector<Finding> of_authority(const Facts& facts);

}  // namespace ipop::health
