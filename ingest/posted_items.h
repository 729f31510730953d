// What a request posts, in whatever encoding, as the JSON of its items.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/encoding/encoding.h"
#include "common/http/message.h"
#include "common/model/event_decoder.h"

namespace odometer {

struct PostedItem {
  std::string_view json;
  RejectReason reason = RejectReason::kNone;  // else why there is no JSON
};

// The encoding that the request's Content-Type names; nothing when it is not known. Types that say nothing of what is
// in a body are taken for JSON, as clients have always sent it: none, text/plain, application/octet-stream and curl's
// application/x-www-form-urlencoded.
std::optional<Encoding> PostedEncoding(const http::Request& request);
// The answer to a request whose encoding is none of `content_types`, which it names.
http::Response UnknownEncodingResponse(std::string_view content_types);

// The items of a body. Owns what it has made of it, the rest are views into the request.
class PostedItems {
 public:
  // Reads a body in any encoding but kUnknown, up to `max_items` items and one more.
  PostedItems(const http::Request& request, Encoding encoding, size_t max_items);
  PostedItems(const PostedItems&) = delete;
  PostedItems& operator=(const PostedItems&) = delete;

  // Why there are no items: the body as a whole cannot be read, or (kTooLarge) is too much as JSON; kNone otherwise.
  RejectReason reason() const { return reason_; }
  // An array, or lines, of which each item stands for itself.
  bool is_batch() const { return batch_; }
  // Exactly one when it is no batch, which may be empty as JSON.
  const std::vector<PostedItem>& items() const { return items_; }

 private:
  void Read(const http::Request& request, Encoding encoding, size_t max_items);
  void ReadJson(std::string_view json);
  void ReadOne(RejectReason reason);
  void ReadCloudEventBatch(std::string_view body, size_t max_items);
  void ReadStatsd(std::string_view body, size_t max_items);
  template <typename Make>
  void MakeItem(Make make);
  void PointItems();

  RejectReason reason_ = RejectReason::kNone;
  bool batch_ = false;
  std::string text_;          // JSON of all items that were made
  std::vector<size_t> ends_;  // of each of them in it
  std::vector<PostedItem> items_;
};

// What is wrong with an item, or a body, of that encoding that could not be made JSON; for clients.
std::string EncodingProblem(Encoding encoding, RejectReason reason);

}  // namespace odometer
