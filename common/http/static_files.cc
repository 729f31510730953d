#include "common/http/static_files.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/http/header_list.h"
#include "common/http/none_match.h"

namespace odometer::http {
namespace {

constexpr size_t kChunkBytes = 64 << 10;
constexpr int kGzipWindowBits = 16 + MAX_WBITS;

// Whether it is among the codings of Accept-Encoding, RFC 9110 12.5.3, and not with the weight 0.
bool TakesGzip(const Request& request) {
  const std::optional<std::string_view> header = request.Header("accept-encoding");
  if (!header) return false;
  const std::string codings = ToLower(*header);
  for (std::string_view rest = codings; !rest.empty();) {
    const size_t comma = rest.find(',');
    const std::string_view coding = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const size_t semicolon = coding.find(';');
    if (Trim(coding.substr(0, semicolon)) != "gzip") continue;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view weight = Trim(coding.substr(semicolon + 1));
    return !weight.starts_with("q=") || weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

// Gives the content of a compressed file piece by piece.
class Inflater {
 public:
  explicit Inflater(std::string_view gzip) {
    if (inflateInit2(&stream_, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(gzip.size());
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // False when that was the last of it.
  bool Next(std::string* chunk) {
    const size_t before = chunk->size();
    chunk->resize(before + kChunkBytes);
    stream_.next_out = reinterpret_cast<Bytef*>(chunk->data() + before);
    stream_.avail_out = static_cast<uInt>(kChunkBytes);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    chunk->resize(before + kChunkBytes - stream_.avail_out);
    if (result != Z_OK && result != Z_STREAM_END) throw std::runtime_error("an embedded file is damaged");
    return result != Z_STREAM_END;
  }

 private:
  z_stream stream_{};
};

Response NoSuchFile() { return Response::Error(404, "not_found", "there is no such file"); }

}  // namespace

const StaticFile* FindStaticFile(StaticFiles files, std::string_view name) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const StaticFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

Response StaticFileResponse(const StaticFile& file, const Request& request, std::string_view policy) {
  const bool compressed = TakesGzip(request);
  const std::string tag = '"' + std::string(file.tag) + (compressed ? "-gzip\"" : "\"");
  Response response;
  response.content_type = file.content_type;
  response.With("ETag", tag).With("Vary", "Accept-Encoding").With("X-Content-Type-Options", "nosniff");
  // Without it browsers ask each time whether their copy is good still: that is what the tag is for.
  if (file.hashed_name) response.With("Cache-Control", "private, max-age=31536000, immutable");
  if (file.content_type.starts_with("text/html")) {
    response.With("Content-Security-Policy", std::string(policy)).With("Referrer-Policy", "no-referrer");
  }
  if (NoneMatchNames(request, tag)) {
    response.status = 304;
  } else if (compressed) {
    response.With("Content-Encoding", "gzip");
    response.body = file.gzip;
  } else {
    response.stream = [inflater = std::make_shared<Inflater>(file.gzip)](std::string* chunk) { return inflater->Next(chunk); };
  }
  return response;
}

void AddStaticFiles(std::string pattern, Access access, StaticFiles files, Router* router) {
  router->AddSimple(Method::kGet, std::move(pattern), access, [files](const Request& request) {
    const StaticFile* file = FindStaticFile(files, request.path_params.at(0));
    return file == nullptr ? NoSuchFile() : StaticFileResponse(*file, request);
  });
}

void AddStaticPage(std::string path, Access access, StaticFiles files, std::string_view name, Router* router,
                   std::string_view policy) {
  const StaticFile* file = FindStaticFile(files, name);
  router->AddSimple(Method::kGet, std::move(path), access, [file, policy = std::string(policy)](const Request& request) {
    if (file != nullptr) return StaticFileResponse(*file, request, policy);
    return Response::Error(404, "not_built", "this binary was built without its web pages (ODOMETER_WEB=OFF)");
  });
}

}  // namespace odometer::http
