#include "io/nftables.hpp"

#include <cerrno>
#include <linux/netlink.h>
#include <memory>
#include <nftables/libnftables.h>
#include <sched.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "io/process.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {
namespace {

constexpr const char* doing = "the packet filter";

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};
using Context = std::unique_ptr<nft_ctx, FreeContext>;

Error permission() {
  return make_error(std::make_error_code(std::errc::operation_not_permitted), doing);
}

Error no_support() {
  return make_error(std::make_error_code(std::errc::not_supported), "this kernel has no nftables");
}

Result<Context> open_context() {
  // Asked first: without the right libnftables writes its own line to stderr.
  if (!may_administer_network()) return permission();
  // Where there is no such socket, libnftables ends the whole program.
  const UniqueFd probe(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!probe) return errno == EPERM || errno == EACCES ? permission() : no_support();
  Context out(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!out) return last_error(doing);
  nft_ctx_output_set_flags(out.get(), NFT_CTX_OUTPUT_STATELESS);
  nft_ctx_buffer_output(out.get());
  nft_ctx_buffer_error(out.get());
  return out;
}

/// The first line that the library wrote, as an error. It speaks English: nobody here sets a locale.
Error error_of(nft_ctx* context) {
  const std::string_view text = nft_ctx_get_error_buffer(context);
  const auto says = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
  if (says("not permitted") || says("Permission denied")) return permission();
  if (says("not supported")) return no_support();
  if (says("No such file or directory")) return make_error(make_error_code(Errc::not_found), doing);
  std::string why(doing);
  why.append(": ").append(text.substr(0, text.find('\n')));
  return make_error(make_error_code(Errc::malformed), why);
}

Result<std::string> run(std::string_view text) {
  auto context = open_context();
  if (!context) return std::move(context).error();
  const std::string buffer(text);
  if (nft_run_cmd_from_buffer(context->get(), buffer.c_str()) != 0) return error_of(context->get());
  return std::string(nft_ctx_get_output_buffer(context->get()));
}

}  // namespace

Result<std::optional<std::string>> read_nft_table(std::string_view name) {
  auto shown = run("list table inet " + std::string(name) + "\n");
  if (shown) return std::optional(*std::move(shown));
  if (shown.error().code == Errc::not_found) return std::optional<std::string>();
  return std::move(shown).error();
}

Result<void> run_nft(std::string_view text) {
  if (auto done = run(text); !done) return std::move(done).error();
  return {};
}

Result<std::string> shown_nft_table(std::string_view text, std::string_view name) {
  Result<std::string> out = std::string(text);
  // A namespace belongs to a thread, so only this one leaves ours, and the other ends with it.
  std::thread elsewhere([&]() noexcept {
    if (::unshare(CLONE_NEWNET) != 0) return;
    if (auto loaded = run_nft(text); !loaded) {
      out = std::move(loaded).error();
      return;
    }
    auto shown = read_nft_table(name);
    if (!shown)
      out = std::move(shown).error();
    else
      out = shown->value_or("");
  });
  elsewhere.join();
  return out;
}

}  // namespace ipop::io
