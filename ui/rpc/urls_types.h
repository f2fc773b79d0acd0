// Function URLs and streamed responses, as Qt values.
#pragma once

#include <QByteArray>
#include <QList>
#include <QPair>
#include <QString>
#include <QStringList>

namespace gantry::rpc {

// Which web pages of other origins may call a function URL.
struct UrlCors {
    QStringList allowOrigins;
    QStringList allowMethods;
    QStringList allowHeaders;
    QStringList exposeHeaders;
    bool allowCredentials = false;
    int maxAgeS = 0; // 0: not said

    bool operator==(const UrlCors&) const = default;
};

struct FunctionUrl {
    QString url; // http://<id>.lambda-url.<region>.localhost:<port>/
    QString qualifier; // an alias; empty: $LATEST
    bool signedOnly = false; // AuthType AWS_IAM
    bool streams = false;    // InvokeMode RESPONSE_STREAM
    UrlCors cors;
};

struct UrlRequest {
    QString function;
    QString qualifier;
    QString method;
    QString path; // begins with a slash, may have a query
    QList<QPair<QString, QString>> headers;
    QByteArray body;
};

// What comes of a call to a function URL: the head, then chunks, then the end.
struct UrlEvent {
    double elapsedMs = 0; // since the platform sent the request
    int status = 0;       // in the first event
    QList<QPair<QString, QString>> headers;
    QByteArray chunk;
    bool ended = false;
    bool broken = false; // with ended: the response broke off
};

// What comes of InvokeWithResponseStream.
struct StreamedEvent {
    QString executedVersion; // in the first event
    QString contentType;     // as well
    QByteArray chunk;
    bool completed = false;
    QString errorCode;    // with completed
    QString errorDetails; // with completed
    QString log;          // with completed: the last 4 KB
};

} // namespace gantry::rpc
