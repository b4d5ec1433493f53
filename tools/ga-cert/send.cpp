#include "authority_finder.hpp"
#include "base/hex.hpp"
#include "cli/json_writer.hpp"
#include "desk_choice.hpp"
#include "enrolment_wait.hpp"
#include "io/process.hpp"
#include "papers.hpp"
#include "token_file.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

using cli::ExitStatus;

ExitStatus carry_out(const Context& context, const SendRequest& verb) {
  io::harden_process();
  const auto request = read_request(context, verb.request);
  if (!request) return report(context, request.error());
  const auto token = read_token_file(context, verb.token_file);
  if (!token) return report_token(context, token.error());
  const auto found =
      find_authority(context, {verb.server, verb.fingerprint, verb.group, *token}, request->key_fingerprint());
  if (const auto* status = std::get_if<ExitStatus>(&found)) return *status;
  const auto enrolled = enrol(context, std::get<KnownAuthority>(found), *request, *token, verb.timeout, verb.wait);
  if (const auto* status = std::get_if<ExitStatus>(&enrolled)) return *status;
  const auto& certificate = std::get<crypto::Certificate>(enrolled);
  if (!context.options.output.json || verb.out != "-") {
    if (auto written = write_output(context, verb.out, certificate.to_pem(), 0644); !written)
      return report(context, written.error());
  }
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.send/1");
    json.field("user", certificate.user());
    json.field("key", to_hex(certificate.key_fingerprint()));
    json.field("expires", certificate.not_after().seconds);
    json.field("certificate", certificate.to_pem());
    context.streams.out << json.text() << '\n';
  }
  return ExitStatus::done;
}

}  // namespace ipop::ga_cert
