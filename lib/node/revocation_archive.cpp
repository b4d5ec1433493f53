#include "node/revocation_archive.hpp"

#include <algorithm>
#include <utility>

namespace ipop::node {

namespace {

constexpr std::size_t max_useless = 256;  // as many values as a key can have in different eyes

struct Head {
  std::uint64_t number = 0;
  std::size_t size = 0;
};

std::optional<Head> decode_head(ByteSpan octets) {
  ByteReader in(octets);
  Head head;
  head.number = in.read<std::uint64_t>();
  head.size = in.read<std::uint32_t>();
  const std::size_t largest = RevocationArchive::piece_octets * RevocationArchive::max_pieces;
  if (!in.ok() || !in.done() || head.number == 0 || head.size == 0 || head.size > largest) return std::nullopt;
  return head;
}

std::string piece_key(std::size_t index) {
  return std::string(RevocationArchive::head_key) + "/" + std::to_string(index);
}

}  // namespace

void RevocationArchive::handle_joined(TimePoint now) {
  look_at_ = now + rng_.jitter(first_look, 0.5);
}

void RevocationArchive::handle_list(TimePoint now, std::uint64_t number, Bytes list, bool write_it) {
  if (number <= number_) return;
  number_ = number;
  list_ = std::move(list);
  useless_.clear();
  if (write_it) write();
  if (look_at_) look_at_ = std::min(*look_at_, now + rng_.jitter(after_list, 0.9));
}

void RevocationArchive::handle_values(TimePoint now, const std::string& key, const std::vector<Value>& values) {
  if (asked_ != key) return;
  asked_.reset();
  if (candidate_) return take_piece(now, values);
  take_head(values);
}

void RevocationArchive::handle_timeout(TimePoint now) {
  if (asked_ || !look_at_ || now < *look_at_) return;
  look_at_ = now + rng_.jitter(look_every, 0.5);
  ask(std::string(head_key));
}

void RevocationArchive::ask(std::string key) {
  asked_ = key;
  outputs_.push(Get{std::move(key)});
}

void RevocationArchive::take_head(const std::vector<Value>& values) {
  std::optional<Candidate> newest;
  bool is_kept = false;
  for (const Value& value : values) {
    const auto head = decode_head(value.octets);
    if (!head) continue;
    is_kept = is_kept || (head->number >= number_ && value.left > renew_below && !useless_.contains(value.owner));
    if (head->number <= number_ || useless_.contains(value.owner)) continue;
    if (!newest || head->number > newest->number) newest = Candidate{value.owner, head->number, head->size, {}};
  }
  if (newest) {
    candidate_ = std::move(newest);
    return ask(piece_key(0));
  }
  // Next time all are asked again: a piece may have been out of reach only.
  useless_.clear();
  if (!is_kept) write();
}

void RevocationArchive::take_piece(TimePoint now, const std::vector<Value>& values) {
  Candidate& candidate = *candidate_;
  const auto piece = std::ranges::find(values, candidate.owner, &Value::owner);
  if (piece == values.end()) return give_up(now);
  ByteReader in(piece->octets);
  const auto number = in.read<std::uint64_t>();
  const ByteSpan octets = in.take_rest();
  const std::size_t expected = std::min(piece_octets, candidate.size - candidate.list.size());
  if (!in.ok() || number != candidate.number || octets.size() != expected) return give_up(now);
  append(candidate.list, octets);
  if (candidate.list.size() < candidate.size) return ask(piece_key(candidate.list.size() / piece_octets));
  Bytes list = std::move(candidate.list);
  // A list that counts comes back by handle_list(), and clears this; another one is not read again.
  give_up(now);
  outputs_.push(Found{std::move(list)});
}

void RevocationArchive::give_up(TimePoint now) {
  if (useless_.size() < max_useless) useless_.insert(candidate_->owner);
  candidate_.reset();
  if (look_at_) look_at_ = std::min(*look_at_, now + next_look);
}

void RevocationArchive::write() {
  if (number_ == 0 || list_.size() > piece_octets * max_pieces) return;
  for (std::size_t begin = 0, index = 0; begin < list_.size(); begin += piece_octets, ++index) {
    Bytes value;
    ByteWriter out(value);
    out.write(number_);
    out.write(ByteSpan(list_).subspan(begin, std::min(piece_octets, list_.size() - begin)));
    outputs_.push(Put{piece_key(index), std::move(value)});
  }
  Bytes head;
  ByteWriter out(head);
  out.write(number_);
  out.write(static_cast<std::uint32_t>(list_.size()));
  outputs_.push(Put{std::string(head_key), std::move(head)});
}

}  // namespace ipop::node
