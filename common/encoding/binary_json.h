// CBOR (RFC 8949) and MessagePack as JSON.
#pragma once

#include <string>
#include <string_view>

#include "common/encoding/encoding.h"
#include "common/model/event_decoder.h"

namespace odometer {

// Appends the one value in `bytes`, which is in kCbor or kMessagePack, as JSON text; on an error *json holds
// anything. Of strings nothing is checked. What JSON cannot say is kMalformed: byte strings, tags and extension
// types, keys that are no text, numbers that are not finite or below -2^63, undefined. Nested deeper than
// kMaxJsonDepth + 1, so that an array of the deepest events may be: kTooDeep.
RejectReason BinaryToJson(Encoding encoding, std::string_view bytes, std::string* json);

}  // namespace odometer
