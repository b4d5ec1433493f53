#include "desk/published_lists.hpp"

#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

crypto::CertificateAuthority signer() {
  return *crypto::CertificateAuthority::create(key_of("authority"), "lab", Bytes(16, std::byte{1}), wall,
                                               wall + Office::life);
}
/// With these users shut out.
authority::AuthorityBook book_without(const std::vector<std::string>& users) {
  authority::AuthorityBook book;
  REQUIRE(book.apply({wall, authority::LedgerMade{signer().certificate().fingerprint(), "lab"}}));
  for (const std::string& user : users)
    REQUIRE(book.apply({wall, authority::LedgerRevoked{std::nullopt, user, "", book.list_number() + 1}}));
  return book;
}

}  // namespace

TEST_CASE("what is published is of the book, and no list before anybody is revoked") {
  const TempDir dir;
  const desk::PublishedLists lists{AuthorityFiles(dir.path())};
  const auto nobody = book_without({});
  REQUIRE(lists.write(nobody, signer()));
  CHECK(desk::PublishedLists::is_current(nobody, *lists.crl()));
  CHECK_FALSE(lists.list(nobody, signer().certificate()));

  const auto book = book_without({"bob", "eve"});
  CHECK_FALSE(desk::PublishedLists::is_current(book, *lists.crl()));
  REQUIRE(lists.write(book, signer()));
  CHECK(desk::PublishedLists::is_current(book, *lists.crl()));
  const auto list = lists.list(book, signer().certificate());
  REQUIRE(list);
  CHECK(list->users() == std::vector<std::string>{"bob", "eve"});
}

TEST_CASE("a list of another number or another authority is none") {
  const TempDir dir;
  const desk::PublishedLists lists{AuthorityFiles(dir.path())};
  REQUIRE(lists.write(book_without({"bob"}), signer()));
  CHECK_FALSE(lists.list(book_without({"bob", "eve"}), signer().certificate()));
  const auto other = crypto::CertificateAuthority::create(key_of("another"), "lab", Bytes(16, std::byte{1}), wall,
                                                          wall + Office::life);
  CHECK_FALSE(lists.list(book_without({"bob"}), other->certificate()));
  CHECK(lists.list(book_without({"bob"}), signer().certificate()));
}

TEST_CASE("a CRL is to be signed again at half of its time, and a file without a number is none") {
  const auto book = book_without({});
  CHECK_FALSE(desk::PublishedLists::is_aged(book, wall + std::chrono::hours(24 * 15 - 1)));
  CHECK(desk::PublishedLists::is_aged(book, wall + std::chrono::hours(24 * 15)));
  CHECK_FALSE(desk::PublishedLists::is_current(book, "-----BEGIN X509 CRL-----\n"));
}
