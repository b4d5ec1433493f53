#include "io/https_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <curl/curl.h>
#include <memory>

namespace ipop::io {
namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;

struct Incoming {
  std::string body{};
  bool is_too_large = false;
};

std::size_t on_body(const char* octets, std::size_t /*one*/, std::size_t size, void* incoming) noexcept {
  auto& in = *static_cast<Incoming*>(incoming);
  in.is_too_large = size > max_https_answer - in.body.size();
  if (in.is_too_large) return 0;
  in.body.append(octets, size);
  return size;
}

/// The text for libcurl to look at; it has to outlive the exchange.
void set_blob(CURL* handle, CURLoption option, const std::string& text) {
  // libcurl copies nothing here, and writes nothing either.
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};  // NOLINT
  (void)curl_easy_setopt(handle, option, &blob);
}

std::string url_of(const HttpsPeer& peer, const net::HttpRequest& request) {
  const bool is_v6 = peer.host.find(':') != std::string::npos;
  return (peer.is_plain ? "http://" : "https://") + (is_v6 ? "[" + peer.host + "]" : peer.host) + ":" +
         std::to_string(peer.port) + request.path;
}

Error error_of(CURLcode code, const Incoming& incoming, std::string_view details) {
  const std::string text = details.empty() ? curl_easy_strerror(code) : std::string(details);
  const auto system = [&](std::errc what) { return make_error(std::make_error_code(what), text); };
  if (incoming.is_too_large) return make_error(Errc::too_large, "the server's answer is too long");
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return make_error(Errc::not_found, text);
    case CURLE_COULDNT_CONNECT: return system(std::errc::connection_refused);
    case CURLE_OPERATION_TIMEDOUT: return system(std::errc::timed_out);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR: return make_error(Errc::not_authorized, text);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE: return system(std::errc::not_connected);
    default: return make_error(Errc::malformed, text);
  }
}

void set_request(CURL* handle, const net::HttpRequest& request, List& headers) {
  const auto add = [&](const std::string& line) { headers.reset(curl_slist_append(headers.release(), line.c_str())); };
  if (!request.authorization.empty()) add("Authorization: " + request.authorization);
  if (request.method != "POST") return;
  (void)curl_easy_setopt(handle, CURLOPT_POST, 1L);
  (void)curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  (void)curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  add("Content-Type: " + request.content_type);
}

void set_trust(CURL* handle, const HttpsPeer& peer) {
  const long verify = peer.authority.empty() ? 0L : 1L;
  (void)curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, verify);
  (void)curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L * verify);
  // The system's authorities have no say.
  (void)curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  (void)curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr);
  if (!peer.authority.empty()) set_blob(handle, CURLOPT_CAINFO_BLOB, peer.authority);
  if (peer.certificate.empty()) return;
  set_blob(handle, CURLOPT_SSLCERT_BLOB, peer.certificate);
  set_blob(handle, CURLOPT_SSLKEY_BLOB, peer.key);
}

net::HttpAnswer answer_of(CURL* handle, Incoming incoming) {
  net::HttpAnswer out;
  long status = 0;
  (void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  out.status = static_cast<unsigned>(std::max(status, 0L));
  const char* type = nullptr;
  (void)curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) out.content_type = type;
  curl_off_t retry = 0;
  (void)curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry);
  if (retry > 0) out.retry_after = std::chrono::seconds(std::min<curl_off_t>(retry, 1'000'000));
  out.body = std::move(incoming.body);
  return out;
}

}  // namespace

Result<net::HttpAnswer> exchange_https(const HttpsPeer& peer, const net::HttpRequest& request, Duration limit) {
  const Handle owner(curl_easy_init());
  if (!owner) return {Errc::exhausted, "no memory for an HTTPS client"};
  CURL* handle = owner.get();
  Incoming incoming;
  List headers;
  std::array<char, CURL_ERROR_SIZE> details{};
  const std::string url = url_of(peer, request);
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::max<Duration>(limit, 1ms));
  (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, details.data());
  (void)curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  (void)curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  (void)curl_easy_setopt(handle, CURLOPT_PROXY, "");
  (void)curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, peer.is_plain ? "http" : "https");
  (void)curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  (void)curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(milliseconds.count()));
  (void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
  (void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, &incoming);
  set_request(handle, request, headers);
  if (headers) (void)curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  set_trust(handle, peer);
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return error_of(code, incoming, details.data());
  return answer_of(handle, std::move(incoming));
}

}  // namespace ipop::io
