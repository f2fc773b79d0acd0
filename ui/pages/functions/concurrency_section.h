#pragma once

#include "ui/models/concurrency_board.h"

#include <QFrame>

namespace gantry::rpc {
class FunctionsApi;
}

namespace gantry::ui {

class ConcurrencyEditor;

// A function's concurrency on its Configuration tab: the same fields as on the concurrency page.
// Each change is made at its own button, apart from the tab's Save.
class ConcurrencySection final : public QFrame {
    Q_OBJECT
public:
    ConcurrencySection(rpc::Channel& channel, rpc::FunctionsApi& functions,
                       QWidget* parent = nullptr);

    void setFunction(const QString& name);

Q_SIGNALS:
    void messageRequested(const QString& text, bool isError);

protected:
    // It follows the platform only while it is seen.
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    models::ConcurrencyBoard m_board;
    QString m_name;
    ConcurrencyEditor* m_editor = nullptr;
};

} // namespace gantry::ui
