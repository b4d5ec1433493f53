#include "overlay/link_paths.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {

Path* LinkPaths::find(crypto::ChannelId channel) {
  const auto it = std::ranges::find(paths_, channel, &Path::channel);
  return it == paths_.end() ? nullptr : &*it;
}

const LinkPaths::Ranked* LinkPaths::chosen() const {
  const Ranked* found = nullptr;
  for (const Ranked& path : paths_) {
    if (path.proof.is_proven() && (found == nullptr || path.preferred > found->preferred)) found = &path;
  }
  return found;
}

const Path* LinkPaths::primary() const {
  return chosen();
}

Path* LinkPaths::primary() {
  const Path* found = std::as_const(*this).primary();
  return found == nullptr ? nullptr : find(found->channel);
}

const Path* LinkPaths::direct() const {
  const Path* sending = primary();
  if (sending != nullptr && sending->is_direct()) return sending;
  const auto it =
      std::ranges::find_if(paths_, [](const Path& path) { return path.is_direct() && path.proof.is_proven(); });
  return it == paths_.end() ? nullptr : &*it;
}

Path* LinkPaths::direct() {
  const Path* found = std::as_const(*this).direct();
  return found == nullptr ? nullptr : find(found->channel);
}

const Path* LinkPaths::speaking() const {
  if (const Path* sending = primary()) return sending;
  return paths_.empty() ? nullptr : &paths_.back();
}

bool LinkPaths::has_direct_on_trial() const {
  return std::ranges::any_of(paths_, [](const Path& path) { return path.is_direct() && !path.proof.is_proven(); });
}

void LinkPaths::remove(crypto::ChannelId channel) {
  std::erase_if(paths_, [&](const Path& path) { return path.channel == channel; });
  paths_.shrink_to_fit();
}

void LinkPaths::prefer(crypto::ChannelId channel) {
  const auto it = std::ranges::find(paths_, channel, &Path::channel);
  if (it != paths_.end() && it->proof.is_proven()) it->preferred = ++preferences_;
}

void LinkPaths::handle_proven(crypto::ChannelId channel) {
  const Path* path = find(channel);
  const Path* sending = primary();
  if (path == nullptr || sending == nullptr || path == sending) return;
  if (!sending->is_sound() || (path->is_direct() && !sending->is_direct())) prefer(channel);
}

void LinkPaths::fall_back() {
  const Path* sending = primary();
  if (sending == nullptr || sending->is_sound()) return;
  const Path* other = nullptr;
  for (const Path& path : paths_) {
    if (path.is_sound() && (other == nullptr || (path.is_direct() && !other->is_direct()))) other = &path;
  }
  if (other != nullptr) prefer(other->channel);
}

const Path* LinkPaths::best() const {
  const Path* sending = primary();
  if (sending == nullptr) return nullptr;
  TimePoint newest{};
  for (const Path& path : paths_)
    newest = std::max(newest, path.opened);
  const auto rank = [&](const Path& path) {
    const bool lives = path.is_sound() && path.proof.proven_at() >= newest;
    return (lives ? 4 : 0) + (path.is_direct() ? 2 : 0) + (&path == sending ? 1 : 0);
  };
  const Path* found = nullptr;
  for (const Path& path : paths_) {
    if (path.proof.is_proven() && (found == nullptr || rank(path) > rank(*found))) found = &path;
  }
  return found;
}

const Path* LinkPaths::spare() const {
  const Path* sending = primary();
  const auto it = std::ranges::find_if(paths_, [&](const Path& path) { return &path != sending; });
  return it == paths_.end() ? nullptr : &*it;
}

}  // namespace ipop::overlay
