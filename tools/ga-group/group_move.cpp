#include "group_move.hpp"

#include <algorithm>

#include "base/group_files.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "crypto/trust_store.hpp"
#include "io/file.hpp"
#include "node_start.hpp"
#include "node_waiting.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_key = 16'384;

std::string certificate_file(const Move& move) {
  return NodeFiles(move.state).certificate();
}

/// Replaces a file and keeps what was there; the copy of an earlier try, which has the same content, stays.
Result<void> replace(const std::string& path, const std::string& text) {
  const auto before = io::read_file(path, largest_group_file);
  if (before && *before == text) return {};
  if (before) {
    if (auto kept = io::write_file_atomically(kept_copy(path), *before, 0644); !kept) return kept;
  }
  return io::write_file_atomically(path, text, 0644);
}

Result<std::string> certificate_for(const groups::GroupHandover& handover, const crypto::PublicKey& key, WallTime now) {
  const auto authority = crypto::Certificate::from_pem(handover.group.authority);
  const auto trust = authority ? crypto::TrustStore::closed_group(*authority)
                               : Result<std::shared_ptr<const crypto::TrustStore>>(authority.error());
  if (!trust) return trust.error();
  const auto own = std::ranges::find(handover.certificates, key, &crypto::Certificate::public_key);
  if (own == handover.certificates.end())
    return {Errc::not_found, "the hand-over has no certificate of the new authority for this machine's key"};
  if (const auto who = (*trust)->verify(*own, now); !who) return who.error();
  return own->to_pem();
}

}  // namespace

std::string kept_copy(const std::string& path) {
  return path + ".old";
}

std::string state_directory_of(const GroupFile& file, const std::string& given) {
  return GroupFiles(file.config.name).node(given).directory();
}

Result<crypto::PrivateKey> read_node_key(const std::string& state_directory) {
  const std::string path = NodeFiles(state_directory).key();
  const auto pem = io::read_secret_file(path, largest_key);
  if (!pem) return pem.error();
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (!key) return std::move(key).error().in(path);
  return key;
}

Result<Move> plan_move(GroupFile file, const groups::GroupHandover& handover, const crypto::PublicKey& key,
                       const std::string& state, WallTime now) {
  if (handover.group.name_space == file.config.name_space)
    return {Errc::conflict, "this machine is already there (" + file.path + ")"};
  if (handover.from != file.config.name_space)
    return {Errc::conflict, "the hand-over leads out of the namespace " + handover.from + ", and this machine is in " +
                                file.config.name_space + "; an earlier one must be accepted first"};
  Move out{std::move(file), handover.group, state};
  // What is only this machine's stays.
  out.next.name = out.file.config.name;
  out.next.port = out.file.config.port;
  if (out.next.authority != out.file.config.authority) {
    auto certificate = certificate_for(handover, key, now);
    if (!certificate) return std::move(certificate).error();
    out.certificate = *std::move(certificate);
  }
  return out;
}

ExitStatus write_move(const Context& context, const Move& move) {
  const auto put = [&](const std::string& path, const std::string& text) {
    auto written = replace(path, text);
    if (!written) return report_file_error(context, written.error());
    context.streams.err << "Wrote " << cli::printable(path) << " (what was there is " << cli::printable(kept_copy(path))
                        << ")\n";
    return ExitStatus::done;
  };
  if (!move.certificate.empty()) {
    if (const auto status = put(certificate_file(move), move.certificate); status != ExitStatus::done) return status;
  }
  return put(move.file.path, to_toml(move.next));
}

void show_move(const Context& context, const Move& move) {
  std::ostream& out = context.streams.out;
  if (!move.certificate.empty()) out << "+++ " << cli::printable(certificate_file(move)) << '\n';
  out << "+++ " << cli::printable(move.file.path) << '\n'
      << "$ ipop-ctl --socket " << cli::printable(node_socket(context, move.file)) << " reload\n";
}

ExitStatus reload_node(const Context& context, const GroupFile& file, std::chrono::seconds limit,
                       std::string_view schema) {
  const std::string socket = node_socket(context, file);
  const std::string& name_space = file.config.name_space;
  const auto held =
      tools::reload_until(context.streams, socket, "an address in the new namespace", limit, [&](const auto& status) {
        // Without a virtual network there is nothing to wait for: whoever moves first is alone.
        return status.name_space == name_space && (status.address || !status.prefix);
      });
  if (!held && tools::status_of(held.error()) == ExitStatus::unreachable) {
    cli::complain(context.streams, tool, "the node is not running; it will move when it is started");
    cli::suggest(context.streams, node_command(context, file));
    return ExitStatus::partly;
  }
  if (!held) {
    const ExitStatus status = tools::report_node_error(context.streams, tool, held.error(), socket);
    cli::suggest(context.streams,
                 "ipop-ctl --socket " + socket + " status; the file as it was is " + kept_copy(file.path));
    return status;
  }
  const std::string address = held->address ? to_string(*held->address) : "";
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json(schema);
    json.field("group", file.config.name);
    json.field("file", file.path);
    json.field("namespace", name_space);
    if (held->address)
      json.field("address", address);
    else
      json.null("address");
    out << json.text() << '\n';
  } else if (context.options.output.plain) {
    out << file.config.name << '\t' << name_space << '\t' << address << '\n';
  } else {
    out << file.config.name << " goes on in " << name_space << (address.empty() ? "" : " as " + address) << '\n';
  }
  return ExitStatus::done;
}

}  // namespace ipop::ga_group
