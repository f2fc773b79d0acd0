#include "backend/wire/codecs.h"

#include "backend/wire/json_rpc.h"
#include "backend/wire/query.h"
#include "backend/wire/rest_json.h"

namespace gantry::wire {

const Codec& codecFor(Protocol protocol)
{
    static const RestJsonCodec restJson;
    static const QueryCodec query;
    static const JsonRpcCodec json10("application/x-amz-json-1.0");
    static const JsonRpcCodec json11("application/x-amz-json-1.1");
    switch (protocol) {
    case JSON_1_0:
        return json10;
    case JSON_1_1:
        return json11;
    case AWS_QUERY:
        return query;
    default:
        return restJson;
    }
}

} // namespace gantry::wire
