#include "leasing/soap.hpp"

#include <doctest/doctest.h>

#include "leasing/wsdl.hpp"

namespace ipop::leasing {
namespace {

LeaseRequest signed_request() {
  const auto key = crypto::PrivateKey::from_seed(as_bytes("alice"));
  LeaseRequest request;
  request.action = LeaseAction::renew;
  request.name_space = "lab-&<abcd>";
  request.node = *crypto::node_id_of(key.public_key());
  request.sequence = 0xffff'ffff'ffff'ffff;
  request.address = net::Ipv4Address(10, 128, 0, 7);
  request.host_name = "alice";
  request.certificate = to_bytes(as_bytes("not looked at here"));
  sign(request, key);
  return request;
}

std::string in_envelope(const std::string& body, const std::string& before = "") {
  return before + R"(<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>)" + body +
         "</e:Body></e:Envelope>";
}

std::string obtain(const std::string& inside) {
  return in_envelope("<Obtain xmlns=\"urn:ipop:lease-server:1\">" + inside + "</Obtain>");
}

}  // namespace

TEST_CASE("a request in an envelope is the request that was signed") {
  const LeaseRequest request = signed_request();
  const auto parsed = parse_soap_request(to_soap(request));
  REQUIRE(parsed);
  CHECK(parsed->is_signed);
  CHECK(parsed->request == request);
}

TEST_CASE("another program's envelope: prefixes, headers, white space and comments") {
  const auto parsed = parse_soap_request(
      "<?xml version='1.0'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
      "xmlns:l='urn:ipop:lease-server:1'><s:Header><l:Whatever/></s:Header><s:Body>\n<!-- x -->\n<l:Obtain>"
      "<l:Group> lab </l:Group><l:Node>printer 3</l:Node></l:Obtain></s:Body></s:Envelope>");
  REQUIRE(parsed);
  CHECK_FALSE(parsed->is_signed);
  CHECK(parsed->client == "printer 3");
  CHECK(parsed->request.name_space == "lab");
}

TEST_CASE("hostile envelopes are refused") {
  const std::string group = "<Group>lab</Group>";
  const std::string node = "<Node>a</Node>";
  std::string deep;
  for (int i = 0; i < 500; ++i)
    deep += "<a>";
  const std::string bomb = "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
  const std::string outside = "<!DOCTYPE b [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
  for (const std::string& bad :
       {std::string(),
        std::string("hello"),
        std::string(max_envelope + 1, ' '),
        in_envelope(""),
        in_envelope("<a/><b/>"),
        in_envelope("<Obtain>" + group + node + "</Obtain>"),
        in_envelope(deep),
        obtain(deep),
        obtain(""),
        obtain(group),
        obtain(node),
        obtain(group + group + node),
        obtain(group + node + "<Evil>1</Evil>"),
        obtain(group + node + "<Address>10.0.0.256</Address>"),
        obtain(group + node + "<Address>0.0.0.0</Address>"),
        obtain(group + node + "<Sequence>-1</Sequence>"),
        obtain(group + node + "<Sequence>1e3</Sequence>"),
        obtain(group + node + "<HostName>a b</HostName>"),
        obtain(group + node + "<Key>AAAA</Key>"),
        obtain(group + node + "<Signature>AAAA</Signature>"),
        obtain(group + "<Node>" + std::string(65, 'a') + "</Node>"),
        in_envelope("<Obtain xmlns=\"urn:ipop:lease-server:1\">" + group + node + "</Obtain>", bomb),
        in_envelope("<Obtain xmlns=\"urn:ipop:lease-server:1\">" + group + node + "</Obtain>", outside),
        in_envelope("<Destroy xmlns=\"urn:ipop:lease-server:1\">" + group + node + "</Destroy>"),
        std::string(R"(<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>)"),
        std::string(R"(<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>)"
                    R"(<a s:mustUnderstand="1"/></s:Header><s:Body/></s:Envelope>)")}) {
    CAPTURE(bad.substr(0, 200));
    CHECK_FALSE(parse_soap_request(bad));
  }
  // Entities that nobody declares stay text, and are no group's name.
  const auto undeclared = parse_soap_request(obtain("<Group>&xxe;</Group>" + node));
  CHECK((!undeclared || undeclared->request.name_space == "&xxe;"));
}

TEST_CASE("no truncation of an envelope is one") {
  const std::string envelope = to_soap(signed_request());
  for (std::size_t n = 0; n < envelope.size(); n += 7)
    CHECK_FALSE(parse_soap_request(envelope.substr(0, n)));
}

TEST_CASE("an answer says what was given, and a fault why nothing was") {
  const SoapLease lease{net::Ipv4Address(10, 128, 0, 7),
                        net::Ipv4Address(255, 128, 0, 0),
                        std::chrono::seconds(3600),
                        WallTime{1'800'000'000},
                        "ipop",
                        1400,
                        to_bytes(as_bytes("grant"))};
  const auto parsed = parse_soap_answer(soap_answer(LeaseAction::obtain, lease));
  REQUIRE(parsed);
  CHECK(parsed->address == lease.address);
  CHECK(parsed->mask == lease.mask);
  CHECK(parsed->lease_time == lease.lease_time);
  CHECK(parsed->expires == lease.expires);
  CHECK(parsed->domain == "ipop");
  CHECK(parsed->mtu == 1400);
  CHECK(parsed->grant == lease.grant);
  const auto fault =
      parse_soap_answer(soap_fault(make_error(make_error_code(Errc::exhausted), "no address is free"), true));
  REQUIRE_FALSE(fault);
  CHECK(fault.error().code == Errc::exhausted);
  CHECK(fault.error().message() == "no address is free");
  const auto ours = parse_soap_answer(
      soap_fault(make_error(std::make_error_code(std::errc::no_space_on_device), "disk full"), false));
  CHECK(ours.error().code == std::errc::resource_unavailable_try_again);
}

TEST_CASE("the description names three operations and where they are") {
  const std::string text = wsdl("http://10.128.0.9:8067/");
  for (const char* part : {"Obtain", "RenewResponse", "Release", "http://10.128.0.9:8067/", "document"})
    CHECK(text.find(part) != std::string::npos);
}

}  // namespace ipop::leasing
