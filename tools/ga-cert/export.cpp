#include "authority/swanctl.hpp"
#include "cli/text.hpp"
#include "crypto/key_bundle.hpp"
#include "desk_choice.hpp"
#include "groups/group_config.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

constexpr std::size_t export_limit = std::size_t{1} << 20U;

/// What is exported.
struct Material {
  std::optional<crypto::Certificate> certificate{};
  std::optional<crypto::Certificate> authority{};
  std::optional<crypto::PrivateKey> key{};
  std::string crl{};  ///< PEM; empty where none is known
};

/// A value, or the status of a failure that has been reported.
template <class T>
using OrStatus = std::variant<T, ExitStatus>;

OrStatus<groups::GroupConfig> load_group(const Context& context, const std::string& group) {
  if (auto good = groups::check_group_name(group); !good) {
    cli::complain(context.streams, tool, good.error().message());
    return ExitStatus::usage;
  }
  const std::string path = files_of(context, group).config();
  const auto text = io::read_file(path, export_limit);
  if (!text) return report(context, text.error());
  auto config = groups::parse_group_config(*text, path);
  if (!config) return report(context, config.error());
  return *std::move(config);
}

Result<crypto::PrivateKey> load_key(const std::string& path) {
  const auto pem = io::read_secret_file(path, export_limit);
  if (!pem) return pem.error();
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (!key && key.error().code == Errc::not_authorized)
    return make_error(key.error().code, path + ": the key has a passphrase; export takes keys without one");
  if (!key) return std::move(key).error().in(path);
  return key;
}

/// This machine's own certificate in a group.
OrStatus<Material> of_group(const Context& context, const ExportCertificate& verb, const std::string& authority) {
  Material out;
  const NodeFiles node = files_of(context, verb.group).node();
  auto certificate = read_certificate(context, node.certificate());
  if (!certificate) {
    const ExitStatus status = report(context, certificate.error());
    cli::suggest(context.streams, "ga-cert join, which gets a certificate for this machine's node");
    return status;
  }
  out.certificate = *std::move(certificate);
  auto key = load_key(verb.key.empty() ? node.key() : verb.key);
  if (!key) return report_key(context, key.error());
  out.key = *std::move(key);
  if (verb.authority.empty() && !authority.empty()) {
    auto given = crypto::Certificate::from_pem(authority);
    if (!given) return report(context, given.error());
    out.authority = *std::move(given);
  }
  return out;
}

/// A certificate that is named, from a file or from the ledger of an authority of this machine.
OrStatus<Material> of_name(const Context& context, const ExportCertificate& verb) {
  Material out;
  if (is_path(verb.what)) {
    auto certificate = read_certificate(context, verb.what);
    if (!certificate) return report(context, certificate.error());
    out.certificate = *std::move(certificate);
  } else {
    auto opened = open_desk(context);
    if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
    auto& desk = std::get<AuthorityDesk>(opened);
    const auto known = find_certificate(desk.book(), verb.what);
    if (!known) {
      const ExitStatus status = report(context, known.error());
      return known.error().code == Errc::out_of_range ? ExitStatus::usage : status;
    }
    auto certificate = crypto::Certificate::from_der((*known)->certificate);
    if (!certificate) return report(context, certificate.error());
    out.certificate = *std::move(certificate);
    out.authority = desk.authority();
  }
  if (!verb.key.empty()) {
    auto key = load_key(verb.key);
    if (!key) return report_key(context, key.error());
    out.key = *std::move(key);
  }
  return out;
}

ExitStatus write_swanctl(const Context& context, const ExportCertificate& verb, const Material& material,
                         const net::Ipv4Prefix& prefix) {
  struct File {
    std::string path;
    std::string text;
    mode_t mode;
  };
  const authority::SwanctlPaths paths = authority::swanctl_paths(verb.group);
  std::vector<File> files{{paths.certificate, material.certificate->to_pem(), 0644},
                          {paths.authority, material.authority->to_pem(), 0644},
                          {paths.key, material.key->to_pem(), 0600}};
  if (!material.crl.empty()) files.push_back({paths.crl, material.crl, 0644});
  // Last, so that what it names is there.
  files.push_back({paths.configuration, authority::to_swanctl(verb.group, prefix), 0644});
  for (const File& file : files) {
    const std::string path = verb.swanctl + "/" + file.path;
    if (verb.dry_run) {
      context.streams.out << (io::exists(path) ? "would replace " : "would write ") << cli::printable(path) << '\n';
      continue;
    }
    const mode_t mode = file.mode == 0600 ? 0700 : 0755;
    if (auto made = io::make_directories(path.substr(0, path.rfind('/')), mode); !made)
      return report(context, made.error());
    if (auto written = io::write_file_atomically(path, file.text, file.mode); !written)
      return report(context, written.error());
    context.streams.out << cli::printable(path) << '\n';
  }
  if (!verb.dry_run) cli::suggest(context.streams, "swanctl --load-all");
  return ExitStatus::done;
}

ExitStatus write_pkcs12(const Context& context, const ExportCertificate& verb, const Material& material) {
  if (verb.out == "-" && context.streams.out_is_terminal) {
    cli::complain(context.streams, tool, "refusing to write a binary PKCS #12 file to the terminal: pass --out FILE");
    return ExitStatus::usage;
  }
  if (verb.dry_run) {
    context.streams.out << "would write " << cli::printable(verb.out) << '\n';
    return ExitStatus::done;
  }
  const auto passphrase = new_passphrase(context, "Passphrase for the PKCS #12 file");
  if (!passphrase) return report_passphrase(context, passphrase.error());
  if (!*passphrase) {
    cli::complain(context.streams, tool, "a PKCS #12 file holds the key, so it needs a passphrase");
    return ExitStatus::usage;
  }
  const auto octets = crypto::make_pkcs12(*material.key, *material.certificate, *material.authority,
                                          material.certificate->user(), **passphrase);
  if (!octets) return report_key(context, octets.error());
  if (auto written = write_output(context, verb.out, as_text(*octets), 0600); !written)
    return report(context, written.error());
  return ExitStatus::done;
}

ExitStatus write_certificate(const Context& context, const ExportCertificate& verb, const Material& material) {
  const bool is_der = verb.form == ExportCertificate::Form::der;
  const std::string octets =
      is_der ? std::string(as_text(material.certificate->der())) : material.certificate->to_pem();
  if (verb.dry_run) {
    context.streams.out << "would write " << cli::printable(verb.out) << '\n';
    return ExitStatus::done;
  }
  if (auto written = write_output(context, verb.out, octets, 0644); !written) return report(context, written.error());
  return ExitStatus::done;
}

/// What is missing for the form that is asked for, in words; empty: nothing.
std::string missing(const ExportCertificate& verb, const Material& material) {
  const bool needs_all = verb.form == ExportCertificate::Form::pkcs12 || !verb.swanctl.empty();
  if (needs_all && !material.key) return "this needs the certificate's key: pass --key FILE";
  if (needs_all && !material.authority) return "this needs the authority's certificate: pass --ca FILE";
  return {};
}

}  // namespace

ExitStatus carry_out(const Context& context, const ExportCertificate& verb) {
  if (verb.what.empty() == verb.group.empty() || (!verb.swanctl.empty() && verb.group.empty())) {
    cli::complain(context.streams, tool,
                  verb.swanctl.empty() ? "no certificate given: pass CERTIFICATE or --group GROUP"
                                       : "--swanctl needs the group whose addresses it protects: --group GROUP");
    return ExitStatus::usage;
  }
  net::Ipv4Prefix prefix;
  OrStatus<Material> found = ExitStatus::no;
  if (verb.group.empty()) {
    found = of_name(context, verb);
  } else {
    const auto group = load_group(context, verb.group);
    if (const auto* status = std::get_if<ExitStatus>(&group)) return *status;
    const auto& config = std::get<groups::GroupConfig>(group);
    prefix = config.prefix;
    found = of_group(context, verb, config.authority);
  }
  if (const auto* status = std::get_if<ExitStatus>(&found)) return *status;
  auto& material = std::get<Material>(found);
  if (!verb.authority.empty()) {
    auto given = read_certificate(context, verb.authority);
    if (!given) return report(context, given.error());
    material.authority = *std::move(given);
  }
  if (const std::string what = missing(verb, material); !what.empty()) {
    cli::complain(context.streams, tool, what);
    return ExitStatus::usage;
  }
  if (material.key && material.key->public_key() != material.certificate->public_key()) {
    cli::complain(context.streams, tool, "the key is not that of the certificate");
    return ExitStatus::bad_config;
  }
  if (!verb.swanctl.empty()) return write_swanctl(context, verb, material, prefix);
  if (verb.form == ExportCertificate::Form::pkcs12) return write_pkcs12(context, verb, material);
  return write_certificate(context, verb, material);
}

}  // namespace ipop::ga_cert
