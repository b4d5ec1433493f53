#include "base/base64.hpp"
#include "desk_choice.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

/// The octets between the lines that begin and end a PEM block (RFC 7468).
std::optional<Bytes> der_of(std::string_view pem) {
  constexpr std::string_view begin = "-----BEGIN X509 CRL-----";
  constexpr std::string_view end = "-----END X509 CRL-----";
  const auto first = pem.find(begin);
  const auto last = pem.find(end);
  if (first == std::string_view::npos || last == std::string_view::npos || last < first) return std::nullopt;
  return parse_base64(pem.substr(first + begin.size(), last - first - begin.size()));
}

}  // namespace

cli::ExitStatus carry_out(const Context& context, const PrintCrl& verb) {
  auto opened = open_desk(context);
  if (const auto* status = std::get_if<cli::ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  // The key is asked for only when a list has to be signed.
  const auto pem = desk.crl(verb.renew, io::wall_time_now());
  if (!pem) return report_key(context, pem.error());
  std::string out = *pem;
  if (verb.der) {
    const auto der = der_of(*pem);
    if (!der) return report(context, make_error(make_error_code(Errc::malformed), "crl.pem is damaged"));
    out = as_text(*der);
  }
  if (auto written = write_output(context, verb.out, out, 0644); !written) return report(context, written.error());
  return cli::ExitStatus::done;
}

}  // namespace ipop::ga_cert
