#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "authority/enrolment_record.hpp"
#include "authority/enrolment_token.hpp"
#include "authority_finder.hpp"
#include "crypto/certificate_request.hpp"

namespace ipop::ga_cert {

/// Told of each step on the way: the authority has the request, or it said no and why.
using EnrolmentWatcher = std::function<void(authority::EnrolmentRecord::Step step, const std::string& reason)>;

/// Sends a request, with an enrolment token where there is one, and asks again, as often as the server allows, until
/// somebody has decided. A server that goes away meanwhile is waited for: it keeps its requests.
///
/// The certificate is verified. A failure has been reported: `no` (denied, with the reason; a server
/// that is not the authority's), `timed_out` (nobody decided in `limit`, or `wait` is false).
std::variant<crypto::Certificate, cli::ExitStatus> enrol(const Context& context, const KnownAuthority& authority,
                                                         const crypto::CertificateRequest& request,
                                                         const std::optional<authority::EnrolmentToken>& token,
                                                         Duration limit, bool wait,
                                                         const EnrolmentWatcher& watcher = {});

}  // namespace ipop::ga_cert
