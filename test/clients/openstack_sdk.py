"""
openstacksdk with the extensions of Open Telekom Cloud, both unmodified, as a client of a running server: instances, flavors, datastores,
jobs, and the calls of the backup path, which the extensions have no words for, through their adapter.

Environment: the OS_* variables of any OpenStack client, LARDER_INSTANCE_ID and LARDER_INSTANCE_NAME. The instance is restored to the
backup taken at the start: run this only against one whose data may be replaced.

Prints one line of JSON per step. Ends with 1 at the first answer that is not the expected one.
"""

import os
import time
import uuid

import openstack
from otcextensions import sdk as otc
from steps import expect, report, run_steps

INSTANCE_ID = os.environ["LARDER_INSTANCE_ID"]
INSTANCE_NAME = os.environ["LARDER_INSTANCE_NAME"]


def connect():
    connection = openstack.connect(load_yaml_config=False, load_envvars=True)
    otc.register_otc_extensions(connection)
    return connection


CONN = connect()
DDS = CONN.dds


def wait_for_job(job_id):
    deadline = time.monotonic() + 300
    while True:
        job = DDS.get_job(job_id)
        if job.status != "Running":
            expect(job.instance.id == INSTANCE_ID, f"job is of instance {job.instance.id}")
            return job.status
        expect(time.monotonic() < deadline, f"job {job.name} takes too long")
        time.sleep(0.2)


def answer(response):
    expect(response.status_code == 200, f"status {response.status_code}: {response.text}")
    return response.json()


def backup(name, instance_id=INSTANCE_ID):
    return DDS.post("/backups", json={"backup": {"instance_id": instance_id, "name": name}})


def check_instances():
    # With a limit every full page is followed by one after its last id, until a page is short.
    paged = [each.id for each in DDS.instances(limit=1)]
    expect(len(set(paged)) == len(paged), "an instance was listed twice")
    everything = [each.id for each in DDS.instances()]
    expect(paged == everything, "paging by marker shows something else than one page")
    report("instances", paged=len(paged))
    expect(DDS.find_instance(INSTANCE_NAME).id == INSTANCE_ID, "not found by its name")
    expect(DDS.find_instance(INSTANCE_ID).name == INSTANCE_NAME, "not found by its id")
    report("find", missing=DDS.find_instance("no-such-instance"))
    instance = DDS.get_instance(INSTANCE_ID)
    expect(instance.status == "normal" and instance.mode == "ReplicaSet", f"{instance.status} {instance.mode}")
    expect(instance.datastore.type == "DDS-Community", "not the engine")
    report("get")


def check_offers():
    flavors = list(DDS.flavors(region="eu-de", engine_name="DDS-Community"))
    expect(all(each.az_status == {"eu-de-01": "normal"} for each in flavors), "a flavor is not there")
    expect(any(each.spec_code == "dds.mongodb.s2.medium.4.repset" for each in flavors), "a flavor is missing")
    newer = answer(DDS.get(f"{DDS.get_endpoint().replace('/v3/', '/v3.1/')}/flavors"))
    expect(newer["total_count"] == len(flavors), "/v3.1 shows other flavors than /v3")
    report("flavors", count=len(flavors))
    report("datastores", versions=[each.version for each in DDS.datastores("DDS-Community")])
    storage = answer(DDS.get("/storage-type", params={"engine_name": "DDS-Community"}))
    expect(storage["storage_type"][0]["name"] == "ULTRAHIGH", "no storage type")


def check_backups():
    name = f"otc-{uuid.uuid4().hex}"
    created = answer(backup(name))
    report("create_backup", job=wait_for_job(created["job_id"]))
    for other in range(2):
        wait_for_job(answer(backup(f"{name}-{other}"))["job_id"])
    seen, marker = [], None
    while True:
        query = {"instance_id": INSTANCE_ID, "limit": 2, **({} if marker is None else {"marker": marker})}
        page = answer(DDS.get("/backups", params=query))["backups"]
        seen += page
        if len(page) < 2:
            break
        marker = page[-1]["id"]
    expect(seen[-1]["id"] == created["backup_id"] and seen[-1]["status"] == "COMPLETED", "the oldest is not the first")
    report("list_backups", paged=len({each["id"] for each in seen}))
    refused = [
        backup(name),
        backup("1bad"),
        backup("free-name", "0" * 32 + "in02"),
        DDS.get("/jobs", params={"id": str(uuid.UUID(int=0))}),
    ]
    expect(all(each.status_code in (400, 404) for each in refused), "a wrong call was not refused")
    report("refusals", codes=[each.json()["error_code"] for each in refused])
    body = {
        "source": {"instance_id": INSTANCE_ID, "type": "backup", "backup_id": created["backup_id"]},
        "target": {"instance_id": INSTANCE_ID},
    }
    report("restore", job=wait_for_job(answer(DDS.post("/instances/recovery", json=body))["job_id"]))
    report("delete_backup", job=wait_for_job(answer(DDS.delete(f"/backups/{created['backup_id']}"))["job_id"]))
    gone = DDS.get("/backups", params={"backup_id": created["backup_id"]})
    expect(gone.json()["error_code"] == "DBS.201214", "a deleted backup is still there")


def check_accounts():
    identity = CONN.identity
    domain = identity.find_domain("Default")
    project = identity.create_project(name="eu-de_otc", domain_id=domain.id, description="Made by a client")
    user = identity.create_user(name="otc-user", password="Otc-Password-1", domain_id=domain.id)
    role = identity.find_role("reader")
    project.assign_role_to_user(identity, user, role, False)
    expect(project.validate_user_has_role(identity, user, role, False), "the role was not given")
    other = openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth={
            "auth_url": os.environ["OS_AUTH_URL"],
            "username": "otc-user",
            "password": "Otc-Password-1",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "project_name": "eu-de_otc",
        },
        region_name="eu-de",
        identity_api_version="3",
    )
    otc.register_otc_extensions(other)
    expect(list(other.dds.instances()) == [], "one project sees the instances of another")
    refused = other.dds.post("/backups", json={"backup": {"instance_id": INSTANCE_ID, "name": "not-allowed"}})
    expect(refused.status_code == 403, f"status {refused.status_code}")
    project.unassign_role_from_user(identity, user, role, False)
    expect(not project.validate_user_has_role(identity, user, role, False), "the role was not taken")
    user = identity.update_user(user, is_enabled=False)
    expect(user.is_enabled is False, "the user is not disabled")
    identity.delete_user(user)
    identity.delete_project(project)
    expect(identity.find_user("otc-user") is None, "the user is still there")
    report("accounts", refusal=refused.json()["error_code"])


def main():
    check_accounts()
    check_instances()
    check_offers()
    check_backups()


if __name__ == "__main__":
    run_steps(main, openstack.exceptions.SDKException)
