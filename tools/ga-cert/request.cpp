#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "io/file.hpp"
#include "io/host_name.hpp"
#include "node_connection.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

constexpr std::size_t key_size = std::size_t{64} * 1024;

/// The key that is there, or a new one, which is written down unless `dry_run`.
Result<crypto::PrivateKey> load_key(const Context& context, const std::string& path, bool dry_run) {
  if (!io::exists(path)) {
    auto key = crypto::PrivateKey::generate();
    if (!key || dry_run) return key;
    if (auto written = io::write_file_atomically(path, key->to_pem(), 0600); !written)
      return std::move(written).error();
    context.streams.err << "Created the key " << cli::printable(path) << '\n';
    return key;
  }
  const auto pem = io::read_secret_file(path, key_size);
  if (!pem) return pem.error();
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (!key && key.error().code == Errc::not_authorized) {
    const auto passphrase = passphrase_source(context, "Passphrase of " + path + ": ")();
    if (!passphrase) return passphrase.error();
    key = crypto::PrivateKey::from_pem(*pem, *passphrase);
  }
  if (!key) return std::move(key).error().in(path);
  return key;
}

}  // namespace

ExitStatus carry_out(const Context& context, const MakeRequest& verb) {
  if (verb.key.empty() && verb.group.empty()) {
    cli::complain(context.streams, tool, "no key given: pass --key FILE or --group GROUP");
    return ExitStatus::usage;
  }
  const std::string path = verb.key.empty() ? files_of(context, verb.group).node().key() : verb.key;
  const std::string user = verb.user.empty() ? io::host_name() : verb.user;
  if (auto good = authority::check_user(user); !good) {
    cli::complain(context.streams, tool, good.error().message() + "; pass --user NAME");
    return ExitStatus::usage;
  }
  const bool is_new = !io::exists(path);
  if (is_new && !verb.group.empty()) {
    cli::complain(context.streams, tool,
                  "no node of the group " + verb.group + " has created its key yet (" + path + ")");
    cli::suggest(context.streams, tools::start_command(verb.group));
    return ExitStatus::no;
  }
  const auto key = load_key(context, path, verb.dry_run);
  if (!key) return report_key(context, key.error());
  const auto request = crypto::CertificateRequest::build(*key, {user, pinned_of(verb.addresses)});
  if (!request) return report(context, request.error());
  if (verb.dry_run) {
    if (is_new) context.streams.out << "would create the key " << cli::printable(path) << '\n';
    context.streams.out << "would write a request of " << cli::printable(user) << " to " << cli::printable(verb.out)
                        << '\n';
    return ExitStatus::done;
  }
  if (!context.options.output.json || verb.out != "-") {
    if (auto written = write_output(context, verb.out, request->to_pem(), 0644); !written)
      return report(context, written.error());
  }
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.request/1");
    json.field("user", user);
    json.field("addresses", to_text(verb.addresses));
    json.field("key", to_hex(request->key_fingerprint()));
    json.field("request", request->to_pem());
    context.streams.out << json.text() << '\n';
  }
  context.streams.err << "Key " << authority::to_groups(request->key_fingerprint()) << '\n';
  return ExitStatus::done;
}

}  // namespace ipop::ga_cert
