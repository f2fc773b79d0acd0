#pragma once

#include "ui/models/url_call.h"
#include "ui/rpc/urls_types.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;

namespace gantry::widgets {
class Badge;
class FactGrid;
} // namespace gantry::widgets

namespace gantry::ui {

// Sends a request to a function URL and shows the answer as it comes: status, time to the first
// byte, each chunk.
class UrlTester final : public QWidget {
    Q_OBJECT
public:
    explicit UrlTester(rpc::UrlsApi& api, QWidget* parent = nullptr);

    void setUrl(const QString& function, const QString& qualifier);

Q_SIGNALS:
    void problem(const QString& text);

private:
    QWidget* makeRequest();
    QWidget* makeResponse();
    void send();
    void show();
    void showStatus();
    QString chunkText() const;

    models::UrlCall* m_call;
    QString m_function;
    QString m_qualifier;
    QComboBox* m_method;
    QLineEdit* m_path;
    QPlainTextEdit* m_headers;
    QPlainTextEdit* m_body;
    QPushButton* m_send;
    QWidget* m_response = nullptr;
    widgets::Badge* m_status = nullptr;
    QLabel* m_detail = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    QPlainTextEdit* m_answer = nullptr;
    QPlainTextEdit* m_answerHeaders = nullptr;
    QPlainTextEdit* m_chunks = nullptr;
};

} // namespace gantry::ui
