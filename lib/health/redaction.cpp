#include "health/redaction.hpp"

#include "net/endpoint.hpp"

namespace ipop::health {
namespace {

constexpr std::string_view pem_begin = "-----BEGIN ";
constexpr std::string_view pem_end = "-----END ";
constexpr std::string_view private_key = "PRIVATE KEY-----";
// A join token, an enrolment token; any version of them.
constexpr std::string_view token_families[] = {"gae", "ga"};
// A word with such a beginning that is shorter is the name of something.
constexpr std::size_t shortest_token = 20;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// From the BEGIN line of a private key to its END line, or to the end of the text where that is missing.
std::string without_private_keys(std::string_view text) {
  std::string out;
  while (true) {
    std::size_t begin = text.find(pem_begin);
    while (begin != std::string_view::npos) {
      const std::size_t line_end = std::min(text.find('\n', begin), text.size());
      if (text.substr(begin, line_end - begin).find(private_key) != std::string_view::npos) break;
      begin = text.find(pem_begin, line_end);
    }
    if (begin == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, begin)).append("[private key]");
    const std::size_t end = text.find(pem_end, begin);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(std::min(text.find('\n', end), text.size()));
  }
}

/// Length of a token at the start of `text`; 0: there is none.
std::size_t token_length(std::string_view text) {
  for (const std::string_view family : token_families) {
    std::size_t at = family.size();
    if (!text.starts_with(family)) continue;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
      ++at;
    if (at == family.size() || at >= text.size() || text[at] != '-') continue;
    std::size_t end = at + 1;
    while (end < text.size() && is_word(text[end]))
      ++end;
    if (end >= shortest_token) return end;
  }
  return 0;
}

std::string without_tokens(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = at == 0 || !is_word(text[at - 1]) ? token_length(text.substr(at)) : 0;
    if (length == 0) {
      out.push_back(text[at++]);
      continue;
    }
    out.append("[token]");
    at += length;
  }
  return out;
}

bool is_of_address(char c) {
  return is_word(c) || c == '.' || c == ':';
}

}  // namespace

std::string Redaction::apply(std::string_view text) {
  std::string out = without_tokens(without_private_keys(text));
  for (const std::string& secret : secrets_)
    if (!secret.empty()) replace_all(out, secret, "[secret]");
  return hides_addresses_ ? without_addresses(out) : out;
}

std::string Redaction::without_addresses(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_of_address(text[at])) {
      out.push_back(text[at++]);
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_of_address(text[end]))
      ++end;
    // 192.0.2.1, 192.0.2.1:25000, 2001:db8::1; with a dot or colon of the sentence behind.
    std::string_view run = text.substr(at, end - at);
    while (run.ends_with('.') || (run.ends_with(':') && !run.ends_with("::")))
      run.remove_suffix(1);
    std::string_view address = run;
    const std::size_t colon = run.rfind(':');
    if (!net::parse_ipv4_address(address) && colon != std::string_view::npos &&
        net::parse_ipv4_address(run.substr(0, colon)))
      address = run.substr(0, colon);
    const bool is_address = net::parse_ipv4_address(address) ||
                            (address.find(':') != std::string_view::npos && net::parse_ipv6_address(address));
    if (is_address) {
      const auto [name, is_new] = names_.try_emplace(std::string(address), "");
      if (is_new) name->second = "address-" + std::to_string(names_.size());
      out.append(name->second);
    } else {
      out.append(address);
    }
    out.append(text.substr(at + address.size(), end - at - address.size()));
    at = end;
  }
  return out;
}

}  // namespace ipop::health
