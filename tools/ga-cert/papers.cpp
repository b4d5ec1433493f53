#include "papers.hpp"

#include <algorithm>

#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"

namespace ipop::ga_cert {
namespace {

// PEM takes a third more than DER, and people put comments before it.
constexpr std::size_t file_limit = std::size_t{64} * 1024;
constexpr std::size_t shortest_beginning = 4;

template <class Paper>
Result<Paper> read_paper(const Context& context, const std::string& path, const char* what) {
  const auto text = read_input(context, path, file_limit);
  if (!text) return text.error();
  auto paper =
      text->find("-----BEGIN") == std::string::npos ? Paper::from_der(as_bytes(*text)) : Paper::from_pem(*text);
  if (paper) return paper;
  return std::move(paper).error().in((path == "-" ? "stdin" : path) + ": no " + what + " that can be used");
}

Error none_begins(const std::string& what, const std::string& digits) {
  return make_error(make_error_code(Errc::not_found), "no " + what + " begins with " + digits);
}

Error several_match(const std::string& text, const std::vector<std::string>& names) {
  std::string list;
  constexpr std::size_t shown = 5;
  for (std::size_t i = 0; i < std::min(names.size(), shown); ++i)
    list += (i == 0 ? "" : ", ") + names[i];
  return make_error(make_error_code(Errc::conflict),
                    text + " is ambiguous; give more digits: " + list + (names.size() > shown ? ", ..." : ""));
}

}  // namespace

Result<std::string> digits_of(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' || c == ':' || c == '-') continue;
    out.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  const bool good = std::ranges::all_of(out, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (good && out.size() >= shortest_beginning) return out;
  return {Errc::out_of_range, "\"" + text + "\" is neither a file nor 4 or more hexadecimal digits"};
}

bool is_path(const std::string& text) {
  return text == "-" || text.find_first_of("./") != std::string::npos || io::exists(text);
}

Result<std::string> read_input(const Context& context, const std::string& path, std::size_t limit) {
  if (path != "-") return io::read_file(path, limit);
  std::string out(limit + 1, '\0');
  context.streams.in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(context.streams.in.gcount()));
  if (out.size() <= limit) return out;
  return {Errc::too_large, "reading stdin: longer than " + std::to_string(limit) + " octets"};
}

Result<void> write_output(const Context& context, const std::string& path, std::string_view octets, mode_t mode) {
  if (path != "-") return io::write_file_atomically(path, octets, mode);
  context.streams.out << octets;
  return {};
}

Result<crypto::Certificate> read_certificate(const Context& context, const std::string& path) {
  return read_paper<crypto::Certificate>(context, path, "certificate");
}

Result<crypto::CertificateRequest> read_request(const Context& context, const std::string& path) {
  return read_paper<crypto::CertificateRequest>(context, path, "request");
}

Result<crypto::Digest256> find_request(const authority::AuthorityBook& book, const std::string& text) {
  const auto digits = digits_of(text);
  std::vector<std::string> names;
  crypto::Digest256 found{};
  // Whoever asks chooses the user's name: one that looks like another request's digits must not pass for it.
  const bool is_whole = digits && digits->size() == 2 * found.size();
  for (const auto& [key, request] : book.requests()) {
    const bool by_key = digits && to_hex(key).starts_with(*digits);
    // A user is meant by what waits; what was decided is named by its key.
    const bool waits = request.what == authority::AuthorityBook::Request::What::waiting;
    if (!by_key && (is_whole || !waits || request.user != text)) continue;
    found = key;
    names.push_back(short_hex(key));
  }
  if (names.size() > 1) return several_match(text, names);
  if (!names.empty()) return found;
  if (digits) return none_begins("request", *digits);
  if (authority::check_user(text))
    return {Errc::not_found,
            "no request of a user \"" + text + "\" waits, and 4 or more hexadecimal digits name a key"};
  return digits.error();
}

std::vector<std::string> join_groups(const std::vector<std::string>& words) {
  constexpr std::ptrdiff_t groups = 16;
  constexpr std::size_t group_digits = 4;
  const auto is_group = [](const std::string& word) {
    return word.size() == group_digits && digits_of(word).has_value();
  };
  std::vector<std::string> out;
  for (auto word = words.begin(); word != words.end();) {
    if (words.end() - word < groups || !std::all_of(word, word + groups, is_group)) {
      out.push_back(*word++);
      continue;
    }
    out.emplace_back();
    for (const auto end = word + groups; word != end; ++word)
      out.back() += *word;
  }
  return out;
}

Result<const authority::LedgerSigned*> find_certificate(const authority::AuthorityBook& book, const std::string& text) {
  const auto digits = digits_of(text);
  if (!digits) return digits.error();
  std::vector<std::string> names;
  const authority::LedgerSigned* found = nullptr;
  for (const authority::LedgerSigned* certificate : book.certificates()) {
    const bool by_serial = to_hex(certificate->serial).starts_with(*digits);
    const bool by_key = to_hex(certificate->key).starts_with(*digits);
    if (!by_serial && !by_key) continue;
    // Certificates come oldest first: of one key the last one is meant.
    if (found != nullptr && found->key == certificate->key && by_key) names.pop_back();
    found = certificate;
    names.push_back(short_hex(certificate->serial));
  }
  if (names.empty()) return none_begins("certificate", *digits);
  if (names.size() > 1) return several_match(*digits, names);
  return found;
}

std::string short_hex(ByteSpan octets) {
  return to_hex(octets.first(std::min<std::size_t>(octets.size(), 8)));
}

Rows rows_of(const crypto::Certificate& certificate) {
  Rows out{
      {"user", certificate.user()},
      {"group", certificate.organization()},
      {"issuer", certificate.issuer()},
      {"serial", to_hex(certificate.serial())},
      {"key", to_hex(certificate.key_fingerprint())},
      {"not_before", cli::utc_text(certificate.not_before())},
      {"not_after", cli::utc_text(certificate.not_after())},
      {"addresses", to_text(addresses_of(certificate.pinned_addresses()))},
  };
  std::string names;
  for (const std::string& name : certificate.dns_names())
    names += (names.empty() ? "" : ",") + name;
  out.emplace_back("dns_names", names);
  out.emplace_back("fingerprint", to_hex(certificate.fingerprint()));
  return out;
}

Rows rows_of(const crypto::CertificateRequest& request) {
  return {
      {"user", request.user()},
      {"addresses", to_text(addresses_of(request.pinned_addresses()))},
      {"key", to_hex(request.key_fingerprint())},
  };
}

void write_rows(const Context& context, const Rows& rows, std::string_view schema) {
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json(schema);
    for (const auto& [key, value] : rows)
      json.field(key, value);
    out << json.text() << '\n';
    return;
  }
  const bool plain = context.options.output.plain;
  const bool color = !plain && cli::use_color(context.streams, context.options.output.color);
  std::size_t width = 0;
  for (const auto& row : rows)
    width = std::max(width, row.first.size() + 2);
  for (const auto& [key, value] : rows) {
    if (plain) {
      out << key << '\t' << cli::printable(value) << '\n';
    } else if (!value.empty()) {
      // People compare fingerprints by groups, programs as one word.
      const auto fingerprint = authority::parse_fingerprint(value);
      out << (color ? "\x1b[1m" : "") << key << (color ? "\x1b[0m" : "") << std::string(width - key.size(), ' ');
      cli::write_value(out, fingerprint ? authority::to_groups(*fingerprint) : cli::printable(value), width,
                       context.streams.columns);
      out << '\n';
    }
  }
}

}  // namespace ipop::ga_cert
